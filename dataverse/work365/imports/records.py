"""Rows that an import reads and writes, column by column: which columns there are is the business of the mapping.

Columns have this project's own words (`phone`, `start_date`); the schema map says what Work 365 calls them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

from dataverse.work365.records import AccountId

RowId = NewType("RowId", str)
"""Primary key of an account, contact or billing contract: a GUID in lower case."""

ColumnValue = str | int | date | None
"""A text, a choice, a date without a zone, or a lookup as a GUID in lower case; None is empty."""

Columns = Mapping[str, ColumnValue]


class RowKind(StrEnum):
    """Which table."""

    ACCOUNT = "account"
    CONTACT = "contact"
    BILLING_CONTRACT = "billing_contract"


@dataclass(frozen=True, slots=True)
class RowState:
    """A row as it is."""

    kind: RowKind
    row_id: RowId
    etag: str
    columns: Columns


@dataclass(frozen=True, slots=True)
class RowWrite:
    """Columns to write: of a row that must be at `etag`, or (None) of a new row with this id."""

    kind: RowKind
    row_id: RowId
    etag: str | None
    columns: Columns


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What became of writes, each row in one of the members.

    `written`: the new ETag. `contested`: the row is not as the caller believed, or it is open whether the write was
    carried out; read again and decide anew. `refused`: Dataverse's reason.
    """

    written: Mapping[RowId, str]
    contested: frozenset[RowId]
    refused: Mapping[RowId, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """The values of Work 365's choices that an import writes; `frequency_one_time` may be left empty."""

    type_recurring: int
    type_non_recurring: int
    frequency_monthly: int
    frequency_quarterly: int
    frequency_annual: int
    frequency_one_time: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account or a billing contract as far as matching has to know it; accounts have no `account_id`."""

    row_id: RowId
    name: str
    number: str | None
    account_id: AccountId | None
