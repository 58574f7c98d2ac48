"""Work 365's rows from which ConnectWise records are made; money in the currency's major unit, dates without a zone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dataverse.psasync.records import SourceId
from dataverse.work365.imports.records import RowId
from dataverse.work365.records import AccountId


@dataclass(frozen=True, slots=True)
class SourcePrice:
    """A price list item: `amount` None when its price is not a plain amount."""

    price_list_name: str | None
    unit_id: str
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """A product; `prices` are its price list items for its default unit, `default_price` that of its default list.

    `state` is 0 active, 1 retired, 2 draft, 3 under revision; `structure` 1 product, 2 family, 3 bundle.
    """

    id: SourceId
    etag: str
    name: str
    number: str | None
    part_number: str | None
    description: str | None
    state: int
    structure: int
    unit_name: str | None
    default_price: SourcePrice | None
    prices: tuple[SourcePrice, ...]
    cost: Decimal | None
    psa_id: str | None
    psa_name: str | None


@dataclass(frozen=True, slots=True)
class SourceContact:
    """The primary contact of an account."""

    id: RowId
    first_name: str | None
    last_name: str | None
    job_title: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """An account with its primary contact; `currency` is an ISO code."""

    id: SourceId
    etag: str
    name: str
    number: str | None
    phone: str | None
    fax: str | None
    website: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    currency: str | None
    contact: SourceContact | None
    psa_id: str | None
    psa_name: str | None


@dataclass(frozen=True, slots=True)
class SourceContract:
    """A billing contract; `is_recurring` None when its type is not set, `currency` is an ISO code."""

    id: SourceId
    etag: str
    name: str
    account_id: AccountId | None
    account_name: str | None
    is_recurring: bool | None
    start_date: date | None
    end_date: date | None
    currency: str | None
    psa_id: str | None
    psa_name: str | None


SourceRow = SourceProduct | SourceAccount | SourceContract


@dataclass(frozen=True, slots=True)
class RowMirror:
    """What Work 365's own PSA columns of one row are to hold, written only while the row is at `etag`."""

    source_id: SourceId
    etag: str
    psa_id: str | None
    psa_name: str | None


@dataclass(frozen=True, slots=True)
class RowMirrorReport:
    """Rows whose PSA columns were not written.

    `refused`: with Dataverse's reason. `changed`: no longer at the ETag that was given, and without what was to be
    written: somebody edited the row, or another worker wrote first.
    """

    refused: dict[SourceId, str]
    changed: frozenset[SourceId]
