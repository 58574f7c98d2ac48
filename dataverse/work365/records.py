"""Rows of Work 365 as far as this project reads them; ids are GUIDs in lower case, dates have no zone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NewType

AccountId = NewType("AccountId", str)
ProductId = NewType("ProductId", str)
BillingContractId = NewType("BillingContractId", str)
InvoiceId = NewType("InvoiceId", str)
InvoiceLineId = NewType("InvoiceLineId", str)
CurrencyId = NewType("CurrencyId", str)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: ISO code and the number of decimals of its amounts (JPY 0, KWD 3)."""

    id: CurrencyId
    iso_code: str
    decimals: int


@dataclass(frozen=True, slots=True)
class BillingContract:
    """A billing contract and the account that it bills."""

    id: BillingContractId
    name: str
    account_id: AccountId | None
    account_name: str | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice; money without tax unless named so, in the invoice's currency."""

    id: InvoiceId
    number: str
    name: str
    state: int
    status: int
    invoice_date: date | None
    billing_contract_id: BillingContractId | None
    currency_id: CurrencyId | None
    discount_amount: Decimal
    discount_percentage: Decimal
    freight_amount: Decimal
    total_line_item_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice line ("Invoice Product"); money in the invoice's currency, without tax."""

    id: InvoiceLineId
    etag: str
    invoice_id: InvoiceId
    line_number: int | None
    product_id: ProductId | None
    product_name: str | None
    is_write_in: bool
    product_description: str | None
    description: str | None
    line1: str | None
    line2: str | None
    subscription_name: str | None
    non_recurring_item_name: str | None
    quantity: Decimal
    price_per_unit: Decimal
    base_amount: Decimal
    manual_discount_amount: Decimal
    cost_price_per_unit: Decimal | None
    is_taxable: bool
    product_type: int | None
    period_last_date: date | None


@dataclass(frozen=True, slots=True)
class LinesRead:
    """Lines with everything of Work 365 that they refer to; what could not be found or may not be read is absent."""

    lines: dict[InvoiceLineId, InvoiceLine]
    invoices: dict[InvoiceId, Invoice]
    billing_contracts: dict[BillingContractId, BillingContract]
    currencies: dict[CurrencyId, Currency]


@dataclass(frozen=True, slots=True)
class LineMirror:
    """Work 365's own PSA columns of an invoice line, to be written only while the line is at `etag`."""

    line_id: InvoiceLineId
    etag: str
    psa_id: int | None
    psa_name: str | None
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """Lines whose PSA columns were not written.

    `refused`: with Dataverse's reason (a paid invoice is read-only). `changed`: no longer at the ETag that was given,
    because somebody edited the line, another worker wrote first, or an earlier attempt was carried out unnoticed.
    """

    refused: dict[InvoiceLineId, str]
    changed: frozenset[InvoiceLineId]
