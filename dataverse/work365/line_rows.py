"""Rows of Work 365's tables as records."""

from decimal import Decimal

from dataverse import values
from dataverse.values import Row
from dataverse.work365.records import (
    AccountId,
    BillingContract,
    BillingContractId,
    Currency,
    CurrencyId,
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceLineId,
    ProductId,
)
from dataverse.work365.schema import BillingContractNames, CurrencyNames, InvoiceLineNames, InvoiceNames

_NOTHING = Decimal(0)


def lookup(column: str) -> str:
    """Return the property in which a lookup column is read (Dataverse: query)."""
    return f"_{column}_value"


def line_columns(names: InvoiceLineNames) -> list[str]:
    """Return the properties of a line that `line_from` reads."""
    return [
        names.key,
        lookup(names.invoice),
        names.line_number,
        lookup(names.product),
        names.is_write_in,
        names.product_description,
        names.description,
        names.line1,
        names.line2,
        names.subscription_name,
        names.non_recurring_item_name,
        names.quantity,
        names.price_per_unit,
        names.base_amount,
        names.manual_discount_amount,
        names.cost_price_per_unit,
        names.is_taxable,
        names.product_type,
        names.period_last_date,
    ]


def line_from(row: Row, names: InvoiceLineNames) -> InvoiceLine:
    """Return the line; amounts that are empty count as zero."""
    product_id = values.guid(row, lookup(names.product))
    return InvoiceLine(
        id=InvoiceLineId(values.required(values.guid(row, names.key), names.key)),
        etag=values.etag(row),
        invoice_id=InvoiceId(values.required(values.guid(row, lookup(names.invoice)), names.invoice)),
        line_number=values.whole(row, names.line_number),
        product_id=None if product_id is None else ProductId(product_id),
        product_name=values.formatted(row, lookup(names.product)),
        is_write_in=values.flag(row, names.is_write_in),
        product_description=values.text(row, names.product_description),
        description=values.text(row, names.description),
        line1=values.text(row, names.line1),
        line2=values.text(row, names.line2),
        subscription_name=values.text(row, names.subscription_name),
        non_recurring_item_name=values.text(row, names.non_recurring_item_name),
        quantity=values.exact(row, names.quantity) or _NOTHING,
        price_per_unit=values.exact(row, names.price_per_unit) or _NOTHING,
        base_amount=values.exact(row, names.base_amount) or _NOTHING,
        manual_discount_amount=values.exact(row, names.manual_discount_amount) or _NOTHING,
        cost_price_per_unit=values.exact(row, names.cost_price_per_unit),
        is_taxable=values.flag(row, names.is_taxable),
        product_type=values.whole(row, names.product_type),
        period_last_date=values.day(row, names.period_last_date),
    )


def invoice_columns(names: InvoiceNames) -> list[str]:
    """Return the properties of an invoice that `invoice_from` reads."""
    return [
        names.key,
        names.number,
        names.name,
        names.state,
        names.status,
        names.invoice_date,
        lookup(names.billing_contract),
        lookup(names.currency),
        names.discount_amount,
        names.discount_percentage,
        names.freight_amount,
        names.total_line_item_amount,
    ]


def invoice_from(row: Row, names: InvoiceNames) -> Invoice:
    """Return the invoice."""
    contract_id = values.guid(row, lookup(names.billing_contract))
    currency_id = values.guid(row, lookup(names.currency))
    return Invoice(
        id=InvoiceId(values.required(values.guid(row, names.key), names.key)),
        number=values.text(row, names.number) or "",
        name=values.text(row, names.name) or "",
        state=values.required(values.whole(row, names.state), names.state),
        status=values.required(values.whole(row, names.status), names.status),
        invoice_date=values.day(row, names.invoice_date),
        billing_contract_id=None if contract_id is None else BillingContractId(contract_id),
        currency_id=None if currency_id is None else CurrencyId(currency_id),
        discount_amount=values.exact(row, names.discount_amount) or _NOTHING,
        discount_percentage=values.exact(row, names.discount_percentage) or _NOTHING,
        freight_amount=values.exact(row, names.freight_amount) or _NOTHING,
        total_line_item_amount=values.exact(row, names.total_line_item_amount),
    )


def contract_columns(names: BillingContractNames) -> list[str]:
    """Return the properties of a billing contract that `contract_from` reads."""
    return [names.key, names.name, lookup(names.account)]


def contract_from(row: Row, names: BillingContractNames) -> BillingContract:
    """Return the billing contract with the name of its account."""
    account_id = values.guid(row, lookup(names.account))
    return BillingContract(
        id=BillingContractId(values.required(values.guid(row, names.key), names.key)),
        name=values.text(row, names.name) or "",
        account_id=None if account_id is None else AccountId(account_id),
        account_name=values.formatted(row, lookup(names.account)),
    )


def currency_columns(names: CurrencyNames) -> list[str]:
    """Return the properties of a currency that `currency_from` reads."""
    return [names.key, names.iso_code, names.decimals]


def currency_from(row: Row, names: CurrencyNames) -> Currency:
    """Return the currency."""
    return Currency(
        id=CurrencyId(values.required(values.guid(row, names.key), names.key)),
        iso_code=values.required(values.text(row, names.iso_code), names.iso_code),
        decimals=values.required(values.whole(row, names.decimals), names.decimals),
    )
