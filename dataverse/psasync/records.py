"""Rows of our own tables (architecture, section 4); times are aware UTC, money is in the currency's major unit."""

from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import NewType

ConnectorId = NewType("ConnectorId", str)
MappingId = NewType("MappingId", str)
JobId = NewType("JobId", str)
JobItemId = NewType("JobItemId", str)
SourceId = NewType("SourceId", str)
"""Id of the Work 365 row that a mapping or a job item is about: a GUID in lower case."""
EntraObjectId = NewType("EntraObjectId", str)


class MappingKind(IntEnum):
    """Choice `psasync_mapping.psasync_kind`."""

    ACCOUNT = 451000000
    PRODUCT = 451000001
    BILLING_CONTRACT = 451000002
    INVOICE_LINE = 451000003


class MappingStatus(IntEnum):
    """Choice `psasync_mapping.psasync_status`; `label` is the word on screen."""

    NOT_SYNCED = 451000000
    PENDING = 451000001
    SYNCING = 451000002
    SYNCED = 451000003
    FAILED = 451000004
    UNKNOWN = 451000005
    SKIPPED = 451000006
    CHANGED_AFTER_SYNC = 451000007
    MISSING_IN_PSA = 451000008

    @property
    def label(self) -> str:
        """The word on screen and in Work 365's own status column."""
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    MappingStatus.NOT_SYNCED: "Not Synced",
    MappingStatus.PENDING: "Pending",
    MappingStatus.SYNCING: "Syncing",
    MappingStatus.SYNCED: "Synced",
    MappingStatus.FAILED: "Failed",
    MappingStatus.UNKNOWN: "Unknown",
    MappingStatus.SKIPPED: "Skipped",
    MappingStatus.CHANGED_AFTER_SYNC: "Changed After Sync",
    MappingStatus.MISSING_IN_PSA: "Missing in PSA",
}


class JobDirection(IntEnum):
    """Choice `psasync_job.psasync_direction`."""

    PUSH = 451000000
    PULL = 451000001


class JobKind(IntEnum):
    """Choice `psasync_job.psasync_kind`."""

    ACCOUNT = 451000000
    PRODUCT = 451000001
    BILLING_CONTRACT = 451000002
    INVOICE_LINE = 451000003
    INVOICE = 451000004
    COMPANY = 451000005
    AGREEMENT = 451000006


class JobState(IntEnum):
    """Choice `psasync_job.psasync_state`; PREPARING means that not all items are written yet."""

    QUEUED = 451000000
    RUNNING = 451000001
    SUCCEEDED = 451000002
    PARTLY_FAILED = 451000003
    FAILED = 451000004
    CANCELLED = 451000005
    PREPARING = 451000006


class ItemOutcome(IntEnum):
    """Choice `psasync_jobitem.psasync_outcome`."""

    PENDING = 451000000
    CREATED = 451000001
    UPDATED = 451000002
    UNCHANGED = 451000003
    SKIPPED = 451000004
    FAILED = 451000005
    UNKNOWN = 451000006


@dataclass(frozen=True, slots=True)
class ServerTime:
    """Dataverse's own clock: `at` is the Date header of an answer (UTC, whole seconds, rounded down by the server).

    `monotonic` is this process's monotonic clock, read before the request was sent, so that
    "`at` + x has come on the server" can never be earlier than "`monotonic` + x - 1 s has come here".
    """

    at: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class Connector:
    """One ConnectWise connection; `properties` is the JSON text of its policies (`sync_core.policies`)."""

    id: ConnectorId
    name: str
    site_url: str
    company: str
    credential_ref: str
    api_version: str | None
    properties: str | None


@dataclass(frozen=True, slots=True)
class Mapping:
    """The integration record of one Work 365 row on one connector."""

    id: MappingId
    etag: str
    connector_id: ConnectorId
    kind: MappingKind
    source_id: SourceId
    psa_id: int | None
    psa_name: str | None
    psa_parent_id: int | None
    status: MappingStatus
    status_message: str | None
    last_synced_on: datetime | None
    pushed_amount: Decimal | None
    pushed_quantity: Decimal | None
    pushed_hash: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    attempts: int
    psa_link: str | None = None


@dataclass(frozen=True, slots=True)
class MappingsRead:
    """Mappings by kind and source id, with the server's time of the read."""

    by_source: ReadOnly[tuple[MappingKind, SourceId], Mapping]
    server_time: ServerTime


@dataclass(frozen=True, slots=True)
class MappingsOfPsa:
    """Integration records by kind and ConnectWise id, with the server's time of the read.

    `joined` are those that name the ConnectWise record; `unfinished` were made by an import of it that has not ended,
    or has failed before there was a Work 365 row.
    """

    joined: ReadOnly[tuple[MappingKind, int], Mapping]
    unfinished: ReadOnly[tuple[MappingKind, int], Mapping]
    server_time: ServerTime


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """An integration record as far as lists have to know it."""

    id: MappingId
    connector_id: ConnectorId
    kind: MappingKind
    source_id: SourceId
    psa_id: int | None
    status: MappingStatus
    message: str


@dataclass(frozen=True, slots=True)
class MappingChanges:
    """Accounts and billing contracts whose records changed, or (`is_full`) all of them; `delta_link` asks for more."""

    records: Sequence[MappedRecord]
    gone: frozenset[MappingId]
    delta_link: str
    is_full: bool


@dataclass(frozen=True, slots=True)
class MappingChange:
    """Columns to write to a mapping; None clears a column, all are written."""

    status: MappingStatus
    status_message: str
    psa_id: int | None
    psa_name: str | None
    psa_parent_id: int | None
    psa_link: str | None
    last_synced_on: datetime | None
    pushed_amount: Decimal | None
    pushed_quantity: Decimal | None
    pushed_hash: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Job:
    """One Save or Import; `queued_chunk` is the last chunk that was put into the queue, None when all were at once."""

    id: JobId
    etag: str
    connector_id: ConnectorId
    direction: JobDirection
    kind: JobKind
    state: JobState
    requested_by: EntraObjectId
    request_key: str
    request_hash: str
    correlation_id: str
    message: str | None
    total: int
    created_on: datetime
    started_on: datetime | None
    ended_on: datetime | None
    requeued_on: datetime | None
    queued_chunk: int | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created; `request_key` is unique (a digest of user and idempotency key)."""

    id: JobId
    name: str
    connector_id: ConnectorId
    direction: JobDirection
    kind: JobKind
    state: JobState
    requested_by: EntraObjectId
    request_key: str
    request_hash: str
    correlation_id: str
    total: int


@dataclass(frozen=True, slots=True)
class JobItem:
    """One record of a job; `chunk` is the number of the queue message that carries it."""

    id: JobItemId
    job_id: JobId
    position: int
    chunk: int
    source_id: SourceId | None
    psa_id: int | None
    psa_parent_id: int | None
    outcome: ItemOutcome
    action: str
    code: str | None
    message: str
    previewed_amount: Decimal | None
    invoice_id: str | None
    previewed: str | None = None
    prerequisite: str | None = None


@dataclass(frozen=True, slots=True)
class NewJobItem:
    """An item to be created; one that is settled at once (an unknown id) has an outcome other than PENDING."""

    position: int
    chunk: int
    source_id: SourceId | None
    action: str
    outcome: ItemOutcome = ItemOutcome.PENDING
    psa_id: int | None = None
    code: str | None = None
    message: str = ""
    previewed_amount: Decimal | None = None
    invoice_id: str | None = None
    previewed: str | None = None


@dataclass(frozen=True, slots=True)
class JobItemChange:
    """The settled (or unknown) state of an item; a `source_id` of None leaves that column as it is.

    `prerequisite` is the JSON text of the step that must come first (`sync_core.prerequisites`), if one is missing.
    """

    id: JobItemId
    outcome: ItemOutcome
    code: str | None
    message: str
    psa_id: int | None
    psa_parent_id: int | None
    source_id: SourceId | None = None
    prerequisite: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many items of a job have each outcome."""

    by_outcome: dict[ItemOutcome, int]

    @property
    def total(self) -> int:
        """All items."""
        return sum(self.by_outcome.values())

    def of(self, outcome: ItemOutcome) -> int:
        """Items with this outcome."""
        return self.by_outcome.get(outcome, 0)

    @property
    def open(self) -> int:
        """Items that are not settled: pending or unknown."""
        return self.of(ItemOutcome.PENDING) + self.of(ItemOutcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One attempted write to ConnectWise or to Work 365 data; `before` and `after` are JSON texts without secrets."""

    job_id: JobId | None
    connector_id: ConnectorId
    when: datetime
    who: EntraObjectId
    what: str
    source_id: SourceId | None
    psa_id: int | None
    before: str | None
    after: str | None
    vendor_status: int | None
    request_ids: str | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class OpenChunk:
    """A chunk of an unfinished job that still holds items of this outcome, pending or unknown."""

    job_id: JobId
    chunk: int
    outcome: ItemOutcome
    oldest_change: datetime


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job, its counts as they are now, and in ascending order the chunks behind a certain one with pending items."""

    job: Job
    counts: OutcomeCounts
    open_behind: Sequence[int]
