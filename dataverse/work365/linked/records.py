"""Rows of Work 365 that can be mapped to a record of ConnectWise."""

from dataclasses import dataclass

from dataverse.psasync.records import MappingKind, SourceId
from dataverse.work365.records import AccountId


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """A product, account or billing contract; `psa_id` and `psa_name` are Work 365's own columns.

    `number` is the product id or account number, `account_id` the account that a billing contract bills.
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
