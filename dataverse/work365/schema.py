"""The one place that knows Work 365's names on Dataverse; a JSON file can replace any of them.

Work 365 publishes few of its column names, so the defaults are what its documentation shows or its naming rule implies.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)]


class SchemaFileInvalid(ValueError):
    """The file with names of tables and columns cannot be used; the text names the member."""


class _Names(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InvoiceLineNames(_Names):
    """The standard table `invoicedetail`, which Work 365 shows as "Invoice Product"."""

    entity_set: Name = "invoicedetails"
    key: Name = "invoicedetailid"
    invoice: Name = "invoiceid"
    invoice_navigation: Name = "invoiceid"
    line_number: Name = "lineitemnumber"
    product: Name = "productid"
    is_write_in: Name = "isproductoverridden"
    product_description: Name = "productdescription"
    description: Name = "description"
    line1: Name = "work365_invoiceproduct_line1"
    line2: Name = "work365_invoiceproduct_line2"
    subscription_name: Name = "work365_invoiceproduct_subscriptionname"
    non_recurring_item_name: Name = "work365_invoiceproduct_nriname"
    quantity: Name = "quantity"
    price_per_unit: Name = "priceperunit"
    base_amount: Name = "baseamount"
    manual_discount_amount: Name = "manualdiscountamount"
    cost_price_per_unit: Name = "work365_invoiceproduct_costpriceperunit"
    is_taxable: Name = "work365_invoiceproduct_istaxable"
    product_type: Name = "producttypecode"
    period_last_date: Name = "work365_invoiceproduct_poplastdate"
    psa_id: Name = "work365_invoiceproduct_psasystem_id"
    psa_name: Name = "work365_invoiceproduct_psasystem_name"
    sync_status: Name = "work365_invoiceproduct_psasystem_syncstatus"
    sync_message: Name = "work365_invoiceproduct_psasystem_syncmessage"


class InvoiceNames(_Names):
    """The standard table `invoice` with Work 365's columns."""

    entity_set: Name = "invoices"
    key: Name = "invoiceid"
    number: Name = "invoicenumber"
    name: Name = "name"
    state: Name = "statecode"
    status: Name = "statuscode"
    invoice_date: Name = "work365_invoice_billingdate"
    billing_contract: Name = "work365_invoice_billingcontract"
    currency: Name = "transactioncurrencyid"
    discount_amount: Name = "discountamount"
    discount_percentage: Name = "discountpercentage"
    freight_amount: Name = "freightamount"
    total_line_item_amount: Name = "totallineitemamount"


class BillingContractNames(_Names):
    """The table `work365_billingcontract`."""

    entity_set: Name = "work365_billingcontracts"
    key: Name = "work365_billingcontractid"
    name: Name = "work365_name"
    account: Name = "work365_billingcontract_customer"
    account_navigation: Name = "work365_billingcontract_customer"
    contract_type: Name = "work365_billingcontract_type"
    billing_frequency: Name = "work365_billingcontract_billingfrequency"
    start_date: Name = "work365_billingcontract_startdate"
    end_date: Name = "work365_billingcontract_enddate"
    currency: Name = "transactioncurrencyid"
    currency_navigation: Name = "transactioncurrencyid"
    psa_id: Name = "work365_billingcontract_psasystem_id"
    psa_name: Name = "work365_billingcontract_psasystem_name"
    type_recurring: int = 100000000
    type_non_recurring: int = 100000001
    frequency_monthly: int = 100000000
    frequency_quarterly: int = 100000001
    frequency_annual: int = 100000003
    frequency_one_time: int | None = 100000005
    """None where non-recurring contracts have no frequency at all."""


class ProductNames(_Names):
    """The standard table `product` with Work 365's columns."""

    entity_set: Name = "products"
    key: Name = "productid"
    name: Name = "name"
    number: Name = "productnumber"
    part_number: Name = "work365_product_providerpartnumber"
    default_unit: Name = "defaultuomid"
    default_price_list: Name = "pricelevelid"
    description: Name = "description"
    state: Name = "statecode"
    structure: Name = "productstructure"
    current_cost: Name = "currentcost"
    standard_cost: Name = "standardcost"
    psa_id: Name = "work365_product_psasystem_id"
    psa_name: Name = "work365_product_psasystem_name"


class PriceListItemNames(_Names):
    """The standard table `productpricelevel`: what a product costs on a price list in a unit."""

    entity_set: Name = "productpricelevels"
    key: Name = "productpricelevelid"
    product: Name = "productid"
    price_list: Name = "pricelevelid"
    unit: Name = "uomid"
    amount: Name = "amount"
    pricing_method: Name = "pricingmethodcode"
    currency_navigation: Name = "transactioncurrencyid"
    method_amount: int = 1
    """The method "Currency Amount"; the others are percentages."""


class AccountNames(_Names):
    """The standard table `account` with Work 365's columns."""

    entity_set: Name = "accounts"
    key: Name = "accountid"
    name: Name = "name"
    number: Name = "accountnumber"
    email: Name = "emailaddress1"
    phone: Name = "telephone1"
    fax: Name = "fax"
    website: Name = "websiteurl"
    address_line1: Name = "address1_line1"
    address_line2: Name = "address1_line2"
    city: Name = "address1_city"
    state: Name = "address1_stateorprovince"
    postal_code: Name = "address1_postalcode"
    country: Name = "address1_country"
    primary_contact: Name = "primarycontactid"
    primary_contact_navigation: Name = "primarycontactid"
    currency: Name = "transactioncurrencyid"
    currency_navigation: Name = "transactioncurrencyid"
    psa_id: Name = "work365_account_psasystem_id"
    psa_name: Name = "work365_account_psasystem_name"


class ContactNames(_Names):
    """The standard table `contact`."""

    entity_set: Name = "contacts"
    key: Name = "contactid"
    first_name: Name = "firstname"
    last_name: Name = "lastname"
    job_title: Name = "jobtitle"
    email: Name = "emailaddress1"
    phone: Name = "telephone1"
    account: Name = "parentcustomerid"
    account_navigation: Name = "parentcustomerid_account"


class CurrencyNames(_Names):
    """The standard table `transactioncurrency`."""

    entity_set: Name = "transactioncurrencies"
    key: Name = "transactioncurrencyid"
    iso_code: Name = "isocurrencycode"
    decimals: Name = "currencyprecision"


class Work365Schema(_Names):
    """Names by table; columns are logical names, lookups without the `_..._value` around them."""

    invoice_line: InvoiceLineNames = InvoiceLineNames()
    invoice: InvoiceNames = InvoiceNames()
    billing_contract: BillingContractNames = BillingContractNames()
    currency: CurrencyNames = CurrencyNames()
    product: ProductNames = ProductNames()
    price_list_item: PriceListItemNames = PriceListItemNames()
    account: AccountNames = AccountNames()
    contact: ContactNames = ContactNames()


def schema_from_file(path: Path) -> Work365Schema:
    """Return the default names with those of the JSON file in their place: `{"invoice_line": {"line1": "new_line1"}}`.

    Raises SchemaFileInvalid when the file cannot be read, names an unknown member or holds no legal name.
    """
    try:
        return Work365Schema.model_validate_json(path.read_bytes())
    except OSError as unreadable:
        raise SchemaFileInvalid(f"{path.name}: {unreadable.strerror}") from unreadable
    except ValidationError as invalid:
        first = invalid.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the text"
        raise SchemaFileInvalid(f"{path.name}: {place}: {first['msg']}") from invalid
