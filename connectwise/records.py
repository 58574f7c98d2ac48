"""What this project reads from and writes to ConnectWise, in ConnectWise's words.

Members that a model does not name are ignored: the vendor adds members without notice (Developer Guide).
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NewType

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

AgreementId = NewType("AgreementId", int)
AdditionId = NewType("AdditionId", int)
CatalogItemId = NewType("CatalogItemId", int)
CompanyId = NewType("CompanyId", int)
BillingCycleId = NewType("BillingCycleId", int)

BillCustomer = Literal["Billable", "DoNotBill", "NoCharge"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Reference(_Record):
    """A reference to another record: id and the name that ConnectWise shows for it."""

    id: int
    name: str | None = None


class CurrencyReference(_Record):
    """The currency of an agreement; which member holds the ISO code differs between versions."""

    id: int | None = None
    name: str | None = None
    currency_code: str | None = None
    currency_identifier: str | None = None


class BillingCycle(_Record):
    """How often agreements of this cycle are invoiced."""

    id: BillingCycleId
    name: str
    billing_options: str | None = None


class Agreement(_Record):
    """An agreement as far as a push has to know it; dates are UTC midnights that stand for a date without a zone."""

    id: AgreementId
    name: str
    company: Reference
    type: Reference | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    no_ending_date_flag: bool = False
    cancelled_flag: bool = False
    date_cancelled: datetime | None = None
    agreement_status: str | None = None
    prorate_flag: bool = False
    bill_one_time_flag: bool = False
    billing_cycle: Reference | None = None
    bill_start_date: datetime | None = None
    next_invoice_date: datetime | None = None
    currency: CurrencyReference | None = None


class CatalogItem(_Record):
    """A product of the catalog."""

    id: CatalogItemId
    identifier: str
    description: str | None = None
    product_class: str | None = None
    inactive_flag: bool = False


class ProductReference(_Record):
    """The catalog item of an addition."""

    id: CatalogItemId | None = None
    identifier: str | None = None


class Addition(_Record):
    """An addition that exists in ConnectWise; money in the agreement's currency."""

    id: AdditionId
    product: ProductReference | None = None
    quantity: Decimal = Decimal(0)
    less_included: Decimal = Decimal(0)
    unit_price: Decimal = Decimal(0)
    unit_cost: Decimal | None = None
    bill_customer: BillCustomer | None = None
    effective_date: datetime | None = None
    cancelled_date: datetime | None = None
    serial_number: str | None = None
    invoice_description: str | None = None


class NewAddition(_Record):
    """An addition to be created; the members are those of the API, all that is not None is sent.

    `effective_date` and `cancelled_date` are sent as `YYYY-MM-DDT00:00:00Z`.
    """

    product_id: CatalogItemId
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal | None
    bill_customer: BillCustomer
    effective_date: datetime
    cancelled_date: datetime | None
    taxable_flag: bool
    invoice_description: str
    serial_number: str | None
    less_included: Decimal = Decimal(0)
    purchase_item_flag: bool = False
    special_order_flag: bool = False
    prorate_current_period_flag: bool = False
    sequence_number: Decimal | None = None
