"""What Work 365 holds: customers, price lists, contracts, subscriptions, invoices, and the mappings made so far."""

from collections.abc import Iterator
from decimal import Decimal

from emulators.seeds.contoso.charges import Subscription, subscriptions_of
from emulators.seeds.contoso.contracts import CONTRACTS, Contract
from emulators.seeds.contoso.customers import CUSTOMERS, UNMAPPED, Customer
from emulators.seeds.contoso.invoices import invoice_row, invoices, line_rows
from emulators.seeds.contoso.products import PRODUCTS, TERM_GROUP_ID, UNIT_OF_TERM, Product
from emulators.seeds.currencies import EUR, JPY, USD, SeedCurrency
from emulators.seeds.dataverse_rows import (
    ACCOUNT,
    BILLING_CONTRACT,
    PRODUCT,
    Row,
    billing_contract,
    bind,
    currency_of_row,
    mapping,
    mirror,
    row_id,
)

_PRICE_LISTS = (USD, EUR, JPY)


def rows() -> dict[str, list[Row]]:
    """Return the rows of each entity set."""
    plans = invoices()
    return {
        "accounts": [_account(customer) for customer in CUSTOMERS],
        "contacts": [_contact(customer) for customer in CUSTOMERS],
        "uomschedules": [{"uomscheduleid": TERM_GROUP_ID, "name": "Subscription term", "baseuomname": "Monthly"}],
        "uoms": [_unit(term) for term in UNIT_OF_TERM],
        "pricelevels": [_price_list(currency) for currency in _PRICE_LISTS],
        "products": [_product(product) for product in PRODUCTS],
        "productpricelevels": list(_prices()),
        "work365_billingcontracts": [_contract(contract) for contract in CONTRACTS],
        "work365_subscriptions": [
            _subscription(subscription) for contract in CONTRACTS for subscription in subscriptions_of(contract)
        ],
        "invoices": [invoice_row(plan) for plan in plans],
        "invoicedetails": list(line_rows(plans)),
        "psasync_mappings": [mapping(number, *pair) for number, pair in enumerate(_pairs())],
    }


def _account(customer: Customer) -> Row:
    row = {
        "accountid": customer.account_id,
        "name": customer.name,
        "accountnumber": f"C-{customer.number + 1:04d}",
        "emailaddress1": customer.email,
        "telephone1": f"+1555{customer.number:07d}",
        "address1_line1": f"{customer.number + 1} Sample Street",
        "address1_city": customer.city,
        "address1_country": customer.country,
        **bind("primarycontactid", "contacts", customer.contact_id),
        **currency_of_row(customer.currency),
    }
    return row if customer.number == UNMAPPED else row | mirror("account", customer.company_id, customer.name)


def _contact(customer: Customer) -> Row:
    return {
        "contactid": customer.contact_id,
        "firstname": customer.first_name,
        "lastname": customer.last_name,
        "emailaddress1": customer.email,
        **bind("parentcustomerid_account", "accounts", customer.account_id),
    }


def _unit(term: str) -> Row:
    return {
        "uomid": UNIT_OF_TERM[term],
        "name": term,
        "quantity": 12 if term == "Annual" else 1,
        "isschedulebaseuom": term == "Monthly",
        **bind("uomscheduleid", "uomschedules", TERM_GROUP_ID),
    }


def _price_list(currency: SeedCurrency) -> Row:
    return {
        "pricelevelid": _price_list_id(currency),
        "name": f"Cloud price list {currency.iso_code}",
        **currency_of_row(currency),
    }


def _price_list_id(currency: SeedCurrency) -> str:
    return row_id("pricelevel", currency.connectwise_id)


def _product(product: Product) -> Row:
    row = {
        "productid": product.product_id,
        "name": product.name,
        "productnumber": product.product_number,
        "work365_product_providerpartnumber": product.part_number,
        "quantitydecimal": 5,
        "price": product.price,
        "standardcost": product.cost,
        "statecode": 0,
        "statuscode": 1,
        **bind("defaultuomid", "uoms", product.unit_id),
        **bind("defaultuomscheduleid", "uomschedules", product.unit_group_id),
        **bind("pricelevelid", "pricelevels", _price_list_id(USD)),
        **currency_of_row(USD),
    }
    return row | mirror("product", product.catalog_item_id, product.name) if product.is_mapped else row


def _prices() -> Iterator[Row]:
    for position, currency in enumerate(_PRICE_LISTS):
        for product in PRODUCTS:
            yield {
                "productpricelevelid": row_id("productpricelevel", position * len(PRODUCTS) + product.number),
                "amount": (product.price * currency.per_dollar).quantize(Decimal("0.0001")),
                **bind("pricelevelid", "pricelevels", _price_list_id(currency)),
                **bind("productid", "products", product.product_id),
                **bind("uomid", "uoms", product.unit_id),
                **currency_of_row(currency),
            }


def _contract(contract: Contract) -> Row:
    customer = contract.customer
    row = billing_contract(
        contract.contract_id, contract.name, customer.account_id, customer.currency, contract.frequency
    )
    return (
        row | mirror("billingcontract", contract.agreement_id, contract.agreement_name) if contract.is_mapped else row
    )


def _subscription(subscription: Subscription) -> Row:
    contract, product = subscription.contract, subscription.product
    return {
        "work365_subscriptionid": subscription.subscription_id,
        "work365_name": f"{product.name} ({contract.name})",
        "work365_subscription_subscriptionname": product.name,
        "work365_subscription_effectivestartdate": "2026-01-01",
        "work365_subscription_billablestatus": "Billable",
        **bind("work365_subscription_customer", "accounts", contract.customer.account_id),
        **bind("work365_subscription_billingcontract", "work365_billingcontracts", contract.contract_id),
        **bind("work365_subscription_product", "products", product.product_id),
        **currency_of_row(contract.customer.currency),
    }


def _pairs() -> Iterator[tuple[int, str, int, str]]:
    """Yield kind, row and ConnectWise record of what has been mapped."""
    for product in PRODUCTS:
        if product.is_mapped:
            yield PRODUCT, product.product_id, product.catalog_item_id, product.name
    for customer in CUSTOMERS:
        if customer.number != UNMAPPED:
            yield ACCOUNT, customer.account_id, customer.company_id, customer.name
    for contract in CONTRACTS:
        if contract.is_mapped:
            yield BILLING_CONTRACT, contract.contract_id, contract.agreement_id, contract.agreement_name
