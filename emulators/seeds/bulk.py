"""Many simple invoice lines over many agreements, all mapped and pushable, cheap to make: a seed for load tests."""

from decimal import Decimal
from typing import Any

from emulators.seeds.connectwise_records import agreement, catalog_item, company, contact
from emulators.seeds.currencies import USD, SeedCurrency
from emulators.seeds.dataverse_rows import (
    ACCOUNT,
    BILLING_CONTRACT,
    PRODUCT,
    UNIT_GROUP_ID,
    UNIT_ID,
    InvoiceHeader,
    LineAmounts,
    Row,
    billing_contract,
    bind,
    currency_of_row,
    invoice,
    mapping,
    row_id,
)

FIRST_COMPANY_ID = 1_000
FIRST_AGREEMENT_ID = 2_000
FIRST_CATALOG_ITEM_ID = 5_000
BILLING_DATE = "2026-03-02"


def line_id(number: int) -> str:
    """Return the id of the line with this number, counted from 0."""
    return row_id("invoicedetail", number)


def invoice_id(number: int) -> str:
    """Return the id of the invoice with this number, counted from 0."""
    return row_id("invoice", number)


def agreement_id(number: int) -> int:
    """Return the id of the agreement with this number, counted from 0."""
    return FIRST_AGREEMENT_ID + number


def build(
    lines: int, agreements: int, *, invoices: int | None = None, products: int = 10, currency: SeedCurrency = USD
) -> dict[str, dict[str, list[Any]]]:
    """Return `lines` lines on `agreements` agreements, each of a company of its own, in `invoices` invoices.

    Line n is on invoice n modulo `invoices`, invoice n on agreement n modulo `agreements`, so each agreement has its
    share; `invoices` defaults to one per agreement and cannot be fewer. Raises ValueError for other numbers.
    """
    invoices = agreements if invoices is None else invoices
    if lines < 0 or agreements < 1 or products < 1 or invoices < agreements:
        raise ValueError("at least one agreement, one product and as many invoices as agreements are needed")
    amounts: list[list[LineAmounts]] = [[] for _ in range(invoices)]
    line_rows = []
    for number in range(lines):
        made = _amounts(number, currency)
        amounts[number % invoices].append(made)
        line_rows.append(_line(number, number % invoices, number % products, made))
    headers = [_header(number, number % agreements, currency) for number in range(invoices)]
    return {
        "dataverse": {
            "accounts": [_account(number, currency) for number in range(agreements)],
            "products": [_product(number, currency) for number in range(products)],
            "work365_billingcontracts": [_contract(number, currency) for number in range(agreements)],
            "invoices": [invoice(header, amounts[number]) for number, header in enumerate(headers)],
            "invoicedetails": line_rows,
            "psasync_mappings": _mappings(agreements, products),
        },
        "connectwise": {
            "/company/companies": [_company(number, currency) for number in range(agreements)],
            "/company/contacts": [_contact(number) for number in range(agreements)],
            "/procurement/catalog": [_catalog_item(number) for number in range(products)],
            "/finance/agreements": [_agreement(number, currency) for number in range(agreements)],
        },
    }


def _amounts(number: int, currency: SeedCurrency) -> LineAmounts:
    price = currency.rounded((Decimal(number % 97 + 1) + Decimal("0.25")) * currency.per_dollar)
    return LineAmounts(Decimal(number % 9 + 1), price, currency)


def _line(number: int, invoice_number: int, product_number: int, amounts: LineAmounts) -> Row:
    return {
        "invoicedetailid": line_id(number),
        **bind("invoiceid", "invoices", invoice_id(invoice_number)),
        **bind("productid", "products", row_id("product", product_number)),
        **bind("uomid", "uoms", UNIT_ID),
        "lineitemnumber": number + 1,
        "invoicedetailname": _product_name(product_number),
        "work365_invoiceproduct_line1": _product_name(product_number),
        "description": "02-Mar-2026 to 01-Apr-2026",
        "isproductoverridden": False,
        "producttypecode": 1,
        "work365_invoiceproduct_istaxable": True,
        "work365_invoiceproduct_costpriceperunit": amounts.price,
        **amounts.row(),
    }


def _header(number: int, agreement_number: int, currency: SeedCurrency) -> InvoiceHeader:
    return InvoiceHeader(
        invoice_id=invoice_id(number),
        number=f"INV-{number + 1:05d}",
        name=f"{_account_name(agreement_number)}, March 2026",
        account_id=row_id("account", agreement_number),
        contract_id=row_id("work365_billingcontract", agreement_number),
        currency=currency,
        billing_date=BILLING_DATE,
        due_date="2026-04-01",
    )


def _account(number: int, currency: SeedCurrency) -> Row:
    return {"accountid": row_id("account", number), "name": _account_name(number), **currency_of_row(currency)}


def _product(number: int, currency: SeedCurrency) -> Row:
    return {
        "productid": row_id("product", number),
        "name": _product_name(number),
        "productnumber": _product_number(number),
        "quantitydecimal": 5,
        **bind("defaultuomid", "uoms", UNIT_ID),
        **bind("defaultuomscheduleid", "uomschedules", UNIT_GROUP_ID),
        **currency_of_row(currency),
    }


def _contract(number: int, currency: SeedCurrency) -> Row:
    return billing_contract(
        row_id("work365_billingcontract", number), f"BC-{number + 1:05d}", row_id("account", number), currency
    )


def _company(number: int, currency: SeedCurrency) -> dict[str, Any]:
    return company(
        FIRST_COMPANY_ID + number, f"BULK{number:05d}", _account_name(number), currency, city="Tampa", country_id=1
    )


def _contact(number: int) -> dict[str, Any]:
    return contact(FIRST_COMPANY_ID + number, "Pat", "Sample", f"pat{number}@bulk.example")


def _catalog_item(number: int) -> dict[str, Any]:
    return catalog_item(FIRST_CATALOG_ITEM_ID + number, _product_number(number), _product_name(number))


def _agreement(number: int, currency: SeedCurrency) -> dict[str, Any]:
    return agreement(agreement_id(number), _agreement_name(number), FIRST_COMPANY_ID + number, currency)


def _mappings(agreements: int, products: int) -> list[Row]:
    pairs = [
        (PRODUCT, row_id("product", number), FIRST_CATALOG_ITEM_ID + number, _product_name(number))
        for number in range(products)
    ]
    for number in range(agreements):
        contract = row_id("work365_billingcontract", number)
        pairs += [
            (ACCOUNT, row_id("account", number), FIRST_COMPANY_ID + number, _account_name(number)),
            (BILLING_CONTRACT, contract, agreement_id(number), _agreement_name(number)),
        ]
    return [mapping(number, *pair) for number, pair in enumerate(pairs)]


def _account_name(number: int) -> str:
    return f"Bulk customer {number:05d}"


def _agreement_name(number: int) -> str:
    return f"Cloud subscriptions {number:05d}"


def _product_name(number: int) -> str:
    return f"Bulk product {number:05d}"


def _product_number(number: int) -> str:
    return f"BULK-{number:05d} -M"
