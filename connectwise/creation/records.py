"""What is created in ConnectWise, and what is read to find out whether it exists already.

Texts are as long as the vendor's models allow and on one line; dates have no zone; money is in the tenant's currency.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from connectwise.directory.records import ContactId
from connectwise.records import AgreementId, BillingCycleId, CatalogItemId, CompanyId

BillingOfWork = Literal["Billable", "DoNotBill", "NoCharge", "NoDefault"]


@dataclass(frozen=True, slots=True)
class NewCatalogItem:
    """A catalog item; `integration_xref` is the GUID of the product, ids are those of setup tables."""

    identifier: str
    description: str
    customer_description: str
    category_id: int | None
    subcategory_id: int
    type_id: int
    product_class: str
    unit_of_measure_id: int | None
    price: Decimal | None
    cost: Decimal | None
    manufacturer_part_number: str | None
    integration_xref: str


@dataclass(frozen=True, slots=True)
class StoredCatalogItem:
    """A catalog item as it is in ConnectWise; `integration_xref` tells whose it is."""

    id: CatalogItemId
    identifier: str
    description: str
    product_class: str | None
    is_inactive: bool
    integration_xref: str | None


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A company with one site; `type_ids` and `status_id` are those of setup tables, `currency` an ISO code."""

    identifier: str
    name: str
    site_name: str
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    phone_number: str | None = None
    fax_number: str | None = None
    website: str | None = None
    type_ids: tuple[int, ...] = ()
    status_id: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class StoredCompany:
    """A company as it is in ConnectWise."""

    id: CompanyId
    identifier: str
    name: str
    default_contact_id: ContactId | None
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class NewContact:
    """The person to whom a company's invoices go; ConnectWise needs a first name."""

    first_name: str
    last_name: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact of a company as it is in ConnectWise."""

    id: ContactId
    company_id: CompanyId
    first_name: str
    last_name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """An agreement without proration; `work_order` carries the marker of its billing contract, `currency` an ISO code.

    An `end_date` of None: it has no end. `billing_cycle_id` None: that of the type.
    """

    name: str
    type_id: int
    company_id: CompanyId
    contact_id: ContactId
    start_date: date
    end_date: date | None
    billing_cycle_id: BillingCycleId | None
    is_one_time: bool
    employee_comp_rate: str
    employee_comp_not_exceed: str
    invoicing_cycle: str
    bill_time: BillingOfWork
    bill_expenses: BillingOfWork
    bill_products: BillingOfWork
    work_order: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """An agreement as it is in ConnectWise; `work_order` tells which billing contract it was made for."""

    id: AgreementId
    name: str
    company_id: CompanyId
    work_order: str | None
    is_active: bool
