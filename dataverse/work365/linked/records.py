"""Rows of Work 365 that can be mapped to a record of ConnectWise."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dataverse.psasync.records import MappingKind, SourceId
from dataverse.work365.records import AccountId


class Frequency(StrEnum):
    """How often a billing contract bills."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"
    ONE_TIME = "one-time"


@dataclass(frozen=True, slots=True)
class ProductEvidence:
    """What tells which product of ConnectWise a product is; `unit_name` is the name of its default unit."""

    part_number: str | None = None
    unit_name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AccountEvidence:
    """What tells which company an account is; `emails` are its own and that of its primary contact.

    `has_primary_contact` None: not read.
    """

    website: str | None = None
    emails: tuple[str, ...] = ()
    phone: str | None = None
    address_line1: str | None = None
    city: str | None = None
    postal_code: str | None = None
    has_primary_contact: bool | None = None


@dataclass(frozen=True, slots=True)
class ContractEvidence:
    """What tells which agreement a billing contract is; None where Work 365 holds nothing or something unknown."""

    frequency: Frequency | None = None
    start_date: date | None = None


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """A product, account or billing contract; `psa_id` and `psa_name` are Work 365's own columns.

    `number` is the product id or account number, `account_id` the account that a billing contract bills. `evidence` is
    read with whole lists only.
    """

    kind: MappingKind
    id: SourceId
    etag: str
    name: str
    number: str | None
    account_id: AccountId | None
    account_name: str | None
    psa_id: str | None
    psa_name: str | None
    evidence: ProductEvidence | AccountEvidence | ContractEvidence | None = None
