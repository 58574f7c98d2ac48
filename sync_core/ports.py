"""What the rules need from the outside world; the clients' repositories satisfy these Protocols structurally.

Every method raises the errors of the client behind it (`dataverse.errors`, `connectwise.errors`); `sync_core.classify`
turns them into what to do next. All times are aware UTC.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectwise.records import (
    Addition,
    Agreement,
    AgreementId,
    BillingCycle,
    BillingCycleId,
    CatalogItem,
    CatalogItemId,
    NewAddition,
)
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    EntraObjectId,
    Job,
    JobId,
    JobItem,
    JobItemChange,
    JobProgress,
    JobState,
    LogEntry,
    MappingChange,
    MappingKind,
    MappingsRead,
    NewJob,
    NewJobItem,
    OpenChunk,
    OutcomeCounts,
    ServerTime,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import InvoiceId, InvoiceLineId, LineMirror, LinesRead, MirrorReport


class Clock(Protocol):
    """This process's monotonic clock and pause; never compared between processes."""

    def monotonic(self) -> float:
        """Seconds since an unknown moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Pause this thread."""
        ...


class Work365(Protocol):
    """Work 365's rows, read and written with the rights of one person."""

    def read_lines(self, line_ids: Sequence[InvoiceLineId]) -> LinesRead:
        """Return the lines with their invoices, billing contracts and currencies, in a handful of requests."""
        ...

    def line_ids_of_invoices(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Sequence[InvoiceLineId]]:
        """Return the lines of each invoice that exists, in line order; an invoice that is absent was not found."""
        ...

    def mirror_lines(self, mirrors: Sequence[LineMirror]) -> MirrorReport:
        """Write Work 365's own PSA columns in one batch, each with `If-Match: <etag>`; return what was not written."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish to hold the mapping row of one invoice line; `existing` is the row as it was read, None to create it.

    `agreement_id` is written to `psasync_psaparentid` before anything is posted, so that a later look-up knows where an
    addition may have been made even when the contract was mapped anew in between; None leaves the column as it is.
    """

    line_id: InvoiceLineId
    agreement_id: AgreementId | None
    existing: PsaMapping | None
    claimed_by: str
    claimed_until: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to write to a mapping row that the caller holds; refused when the row is no longer at `held.etag`."""

    held: PsaMapping
    change: MappingChange


class Ledger(Protocol):
    """Our integration records and log, written as the app."""

    def connector(self, connector_id: ConnectorId) -> Connector | None:
        """Return the connector, or None when it does not exist."""
        ...

    def read_mappings(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        """Return the mappings that exist for these source ids on this connector."""
        ...

    def claim(self, connector_id: ConnectorId, claims: Sequence[Claim]) -> Mapping[InvoiceLineId, PsaMapping]:
        """Create or take over the mapping rows of invoice lines in one batch; return the rows that are ours now.

        A new row is written with `If-None-Match: *`, an existing one with `If-Match: <etag>`: a row that somebody else
        changed in between is left alone. Status becomes Syncing, `psasync_attempts` rises by one. When the answer of
        the batch is lost the rows are read again: those with our `claimed_by` are ours.
        """
        ...

    def settle(self, settlements: Sequence[Settlement]) -> Mapping[SourceId, PsaMapping]:
        """Write settled states in one batch with `If-Match`; return the rows as they are now, lost ones are absent."""
        ...

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """Append log entries in one request."""
        ...


class Jobs(Protocol):
    """Jobs and their items, written as the app."""

    def create(self, job: NewJob) -> tuple[Job, bool]:
        """Create the job; return it with True, or the job that already has this `request_key` with False."""
        ...

    def add_items(self, job_id: JobId, items: Sequence[NewJobItem]) -> None:
        """Write the items, 1,000 a request."""
        ...

    def remove_items(self, job_id: JobId) -> None:
        """Delete all items of a job that was interrupted while it was being prepared."""
        ...

    def read(self, job_id: JobId) -> tuple[Job, OutcomeCounts] | None:
        """Return the job and its counts as they are now, or None when it does not exist."""
        ...

    def read_progress(self, job_id: JobId, *, behind: int) -> JobProgress | None:
        """Return what `read` does and the chunks behind `behind` that hold pending items; in one request."""
        ...

    def update(
        self,
        job_id: JobId,
        *,
        state: JobState | None = None,
        message: str | None = None,
        total: int | None = None,
        counts: OutcomeCounts | None = None,
        started_on: datetime | None = None,
        ended_on: datetime | None = None,
        requeued_on: datetime | None = None,
        queued_chunk: int | None = None,
        if_at: str | None = None,
    ) -> None:
        """Write the given columns of the job; with `if_at` only while it has this ETag, else raise VersionMismatch."""
        ...

    def items_of_chunk(self, job_id: JobId, chunk: int) -> tuple[Job, Sequence[JobItem]] | None:
        """Return the job and all items of one chunk in order of position, in one request; None when there is no job."""
        ...

    def items(
        self, job_id: JobId, *, outcome: Iterable[str] = (), after: int | None = None, limit: int = 100
    ) -> Sequence[JobItem]:
        """Return items in order of position, those after position `after`; `outcome` holds names in lower case."""
        ...

    def settle_items(self, changes: Sequence[JobItemChange], log: Sequence[LogEntry] = ()) -> None:
        """Write the outcomes of items and append log entries, in one batch."""
        ...

    def fail_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Settle all items (of one chunk, if given) that are still pending as failed; return how many.

        Each is written with `If-Match`: an item that another worker settles at the same moment keeps that outcome.
        """
        ...

    def skip_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Settle all items (of one chunk, if given) that are still pending as skipped; return how many."""
        ...

    def reopen_failed_items(self, job_id: JobId) -> Sequence[int]:
        """Make all failed items pending again; return the chunks that hold them, in ascending order."""
        ...

    def recent(
        self,
        *,
        limit: int,
        until: datetime | None = None,
        without: Collection[JobId] = (),
        requested_by: EntraObjectId | None = None,
    ) -> Sequence[tuple[Job, OutcomeCounts]]:
        """Return jobs, newest first, with the counts of their last refresh: those created at or before `until`.

        `without` are left out: several jobs can have been created in the same second. `requested_by` None: everybody's.
        """
        ...

    def open_chunks(self, *, unknown_since: datetime, pending_since: datetime) -> Sequence[OpenChunk]:
        """Return the chunks that hold an unknown item last changed at or before `unknown_since`, or a pending one last
        changed at or before `pending_since` in a job that was not sent again after that; one entry an outcome."""
        ...

    def unfinished_of(self, person: EntraObjectId) -> Sequence[Job]:
        """Return the jobs of a person that are stored as preparing, queued or running, oldest first, 100 at most."""
        ...

    def unchanged_jobs(self, states: Collection[JobState], unchanged_since: datetime) -> Sequence[Job]:
        """Return the jobs that are stored in one of these states and were last changed at or before this time."""
        ...

    def server_time(self) -> ServerTime:
        """Return Dataverse's own time."""
        ...


class Psa(Protocol):
    """One ConnectWise tenant."""

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist."""
        ...

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        """Return the catalog items that exist."""
        ...

    def billing_cycles(self) -> Mapping[BillingCycleId, BillingCycle]:
        """Return the billing cycles of the tenant; may be up to 15 minutes old."""
        ...

    def additions(self, agreement_id: AgreementId) -> Sequence[Addition]:
        """Return all additions of the agreement in ascending order of id."""
        ...

    def create_addition(self, agreement_id: AgreementId, addition: NewAddition, *, send_before: float) -> Addition:
        """Post the addition once; never sent after `send_before` (monotonic clock of this process).

        Repeated only when it was certainly not carried out (connection not opened, 429).
        """
        ...

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        """Return the address of the agreement's screen in ConnectWise."""
        ...


class ChunkQueue(Protocol):
    """The queue of the push: one message names one chunk of one job."""

    def send(self, job_id: JobId, chunk: int, *, delay: float = 0.0) -> None:
        """Enqueue the chunk; the message becomes visible after `delay` seconds."""
        ...
