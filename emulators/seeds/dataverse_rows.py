"""Rows of Work 365 and of our mapping table, as a POST body would hold them."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from emulators.seeds.currencies import SeedCurrency

Row = dict[str, Any]

CONNECTOR_ID: Final = "88888888-8888-4888-8888-000000000001"
UNIT_ID: Final = "99999999-9999-4999-8999-000000000002"
UNIT_GROUP_ID: Final = "99999999-9999-4999-8999-000000000001"

ACCOUNT, PRODUCT, BILLING_CONTRACT = range(451000000, 451000003)
_LOOKUP_OF_KIND: Final = {
    ACCOUNT: ("psasync_accountid", "accounts"),
    PRODUCT: ("psasync_productid", "products"),
    BILLING_CONTRACT: ("psasync_billingcontractid", "work365_billingcontracts"),
}
_SYNCED = 451000003

_FREQUENCIES: Final = {
    "Monthly": 100000000,
    "Quarterly": 100000001,
    "Annual": 100000003,
    "One Time": 100000005,
}
_NUMBER_OF_TABLE: Final = {
    "account": 0xACC00001,
    "contact": 0xC0A7AC01,
    "uomschedule": 0xF11CE003,
    "uom": 0xF11CE004,
    "pricelevel": 0xF11CE001,
    "productpricelevel": 0xF11CE002,
    "product": 0xDDDD0001,
    "work365_billingcontract": 0xBC000001,
    "work365_subscription": 0x5B000001,
    "invoice": 0x1F000001,
    "invoicedetail": 0x1F000002,
    "psasync_mapping": 0xAA000001,
}


def row_id(table: str, number: int) -> str:
    """Return the id of the row with this number: equal seeds have equal ids."""
    return f"{_NUMBER_OF_TABLE[table]:08x}-0000-4000-8000-{number:012d}"


def bind(navigation: str, entity_set: str, target_id: str) -> Row:
    """Return a lookup as a POST body writes it."""
    return {f"{navigation}@odata.bind": f"/{entity_set}({target_id})"}


def currency_of_row(currency: SeedCurrency) -> Row:
    """Return the currency lookup that every table with money has."""
    return bind("transactioncurrencyid", "transactioncurrencies", currency.dataverse_id)


def billing_contract(
    contract_id: str, name: str, account_id: str, currency: SeedCurrency, frequency: str = "Monthly"
) -> Row:
    """Return a billing contract in advance that began with the year 2026."""
    recurring = frequency != "One Time"
    return {
        "work365_billingcontractid": contract_id,
        "work365_name": name,
        **bind("work365_billingcontract_customer", "accounts", account_id),
        **currency_of_row(currency),
        "work365_billingcontract_type": 100000000 if recurring else 100000001,
        "work365_billingcontract_billingfrequency": _FREQUENCIES[frequency],
        "work365_billingcontract_billingpolicy": 100000000,
        "work365_billingcontract_startdate": "2026-01-01",
        "work365_billingcontract_enddate": "2026-12-31",
        "work365_billingcontract_paymentterms": "Net 30",
        "work365_billingcontract_processrefunds": True,
    }


def mapping(number: int, kind: int, source_id: str, psa_id: int, psa_name: str) -> Row:
    """Return the integration record number `number`: it joins a Work 365 row to a ConnectWise record."""
    return {
        "psasync_mappingid": row_id("psasync_mapping", number),
        "psasync_name": psa_name,
        **bind("psasync_connectorid", "psasync_connectors", CONNECTOR_ID),
        "psasync_kind": kind,
        "psasync_sourceid": source_id,
        **bind(*_LOOKUP_OF_KIND[kind], source_id),
        "psasync_psaid": psa_id,
        "psasync_psaname": psa_name,
        "psasync_status": _SYNCED,
        "psasync_statusmessage": "Mapped.",
        "psasync_attempts": 0,
    }


def mirror(short_name: str, psa_id: int, psa_name: str) -> Row:
    """Return Work 365's own columns that show a mapping (domain.md 2.3)."""
    return {
        f"work365_{short_name}_psasystem_id": str(psa_id),
        f"work365_{short_name}_psasystem_name": psa_name,
    }


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """The amounts of an invoice line as Work 365 works them out: rounded line by line, never on the total."""

    quantity: Decimal
    price: Decimal
    currency: SeedCurrency
    discount_percent: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)
    base: Decimal = field(init=False)
    discount: Decimal = field(init=False)
    tax: Decimal = field(init=False)

    def __post_init__(self) -> None:
        rounded = self.currency.rounded
        base = rounded(self.quantity * self.price)
        discount = rounded(base * self.discount_percent / 100)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "discount", discount)
        object.__setattr__(self, "tax", rounded((base - discount) * self.tax_percent / 100))

    @property
    def net(self) -> Decimal:
        """Base amount less discount, without tax."""
        return self.base - self.discount

    def row(self) -> Row:
        """Return the columns that hold the amounts."""
        return {
            "quantity": self.quantity,
            "priceperunit": self.price,
            "baseamount": self.base,
            "manualdiscountamount": self.discount,
            "work365_invoiceproduct_lineitemdiscountpercent": self.discount_percent,
            "tax": self.tax,
            "extendedamount": self.net + self.tax,
            **currency_of_row(self.currency),
        }


@dataclass(frozen=True, slots=True)
class InvoiceHeader:
    """What an invoice is about, before its lines are known."""

    invoice_id: str
    number: str
    name: str
    account_id: str
    contract_id: str
    currency: SeedCurrency
    billing_date: str
    due_date: str
    state: int = 0
    status: int = 1
    discount: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    category: str = "Invoice"


def invoice(header: InvoiceHeader, lines: list[LineAmounts]) -> Row:
    """Return an invoice whose totals are those of its lines (domain.md M9, M10)."""
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    less_freight = net - header.discount
    return {
        "invoiceid": header.invoice_id,
        "invoicenumber": header.number,
        "name": header.name,
        **bind("customerid_account", "accounts", header.account_id),
        **bind("work365_invoice_billingcontract", "work365_billingcontracts", header.contract_id),
        **currency_of_row(header.currency),
        "work365_invoice_billingdate": header.billing_date,
        "duedate": header.due_date,
        "work365_invoice_category": header.category,
        "statecode": header.state,
        "statuscode": header.status,
        "totallineitemamount": net,
        "totallineitemdiscountamount": sum((line.discount for line in lines), Decimal(0)),
        "discountamount": header.discount,
        "totaldiscountamount": header.discount,
        "freightamount": header.freight,
        "totalamountlessfreight": less_freight,
        "totaltax": tax,
        "totalamount": less_freight + header.freight + tax,
    }
