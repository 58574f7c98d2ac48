"""Repository of jobs and their items; satisfies `sync_core.ports.Jobs`."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import LOST, DataverseClient
from dataverse.errors import DuplicateRow, RowNotFound
from dataverse.odata import Query, any_of, guid_literal, key_address, prefer, row_address, text_literal, time_literal
from dataverse.psasync import job_items
from dataverse.psasync.job_rows import (
    COUNT_COLUMNS,
    ITEM_COLUMNS,
    ITEMS,
    JOB_COLUMNS,
    JOBS,
    LONGEST_MESSAGE,
    counts_body,
    counts_from,
    item_from,
    job_from,
    new_job_body,
    outcome_counts_from,
)
from dataverse.psasync.open_chunks import chunks_behind_query, chunks_from, open_chunk_from, stale_chunks_query
from dataverse.psasync.records import (
    EntraObjectId,
    ItemOutcome,
    Job,
    JobId,
    JobItem,
    JobItemChange,
    JobProgress,
    JobState,
    LogEntry,
    NewJob,
    NewJobItem,
    OpenChunk,
    OutcomeCounts,
    ServerTime,
)

_LARGEST_PAGE = 5_000
_MOST_UNFINISHED = 100
_UNFINISHED = (JobState.PREPARING, JobState.QUEUED, JobState.RUNNING)


class JobRepository:
    """Reads and writes jobs and items, with the rights of the client it is given."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def create(self, job: NewJob) -> tuple[Job, bool]:
        """Create the job; return it with True, or the job that already has this `request_key` with False."""
        operation = Operation(
            "POST", Query(JOBS, select=JOB_COLUMNS).address(), new_job_body(job), prefer(representation=True)
        )
        try:
            # Repeatable: the request key is unique, so a second execution, or one that commits late, is refused.
            created = self._client.send(operation, repeatable=True)
            return job_from(created.document()), True
        except (DuplicateRow, *LOST):
            existing = self._by_request_key(job.request_key)
            if existing is None:
                raise
            # an id that is ours means that an earlier sending, whose answer was lost, created it
            return existing, existing.id == guid_literal(job.id)

    def add_items(self, job_id: JobId, items: Sequence[NewJobItem]) -> None:
        """Write the items, 1,000 a request; those whose position is there already are left as they are."""
        job_items.add_items(self._client, job_id, items)

    def remove_items(self, job_id: JobId) -> None:
        """Delete all items of a job that was interrupted while it was being prepared."""
        job_items.remove_items(self._client, job_id)

    def read(self, job_id: JobId) -> tuple[Job, OutcomeCounts] | None:
        """Return the job and its counts as they are now, or None when it does not exist; in one request.

        The counts are an aggregate, which Dataverse limits to 50,000 items (Dataverse: aggregate data).
        """
        jobs, groups = self._read_many(_job_query(job_id), _counts_query(job_id))
        return (job_from(jobs[0]), outcome_counts_from(groups)) if jobs else None

    def read_progress(self, job_id: JobId, *, behind: int) -> JobProgress | None:
        """Return the job, its counts and the chunks behind `behind` with pending items, as `read` does; in one request.

        None when the job does not exist.
        """
        jobs, groups, chunks = self._read_many(
            _job_query(job_id), _counts_query(job_id), chunks_behind_query(job_id, behind)
        )
        return JobProgress(job_from(jobs[0]), outcome_counts_from(groups), chunks_from(chunks)) if jobs else None

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
        """Write the given columns of the job; nothing is sent when none is given. Raises RowNotFound.

        With `if_at` only while the job still has this ETag; raises VersionMismatch otherwise, and an error of
        `dataverse.client.LOST` when it is not known whether it was written.
        """
        columns: dict[str, Any] = {
            "psasync_state": None if state is None else int(state),
            "psasync_message": values.fitted(message, LONGEST_MESSAGE),
            "psasync_total": total,
            "psasync_startedon": values.stored_time(started_on),
            "psasync_endedon": values.stored_time(ended_on),
            "psasync_requeuedon": values.stored_time(requeued_on),
            "psasync_queuedchunk": queued_chunk,
            **(counts_body(counts) if counts is not None else {}),
        }
        body = {name: value for name, value in columns.items() if value is not None}
        if body:
            # Repeatable: the same values a second time change nothing. The last writer wins: a write whose answer was
            # lost and that commits late can put an older state back, which whoever counts the open items corrects.
            address = row_address(JOBS, job_id)
            operation = Operation("PATCH", address, body, {"If-Match": if_at or "*"})
            self._client.send(operation, repeatable=if_at is None)

    def items_of_chunk(self, job_id: JobId, chunk: int) -> tuple[Job, Sequence[JobItem]] | None:
        """Return the job and all items of one chunk in order of position, in one request; None when there is no job."""
        items = Query(
            ITEMS,
            select=ITEM_COLUMNS,
            filter=f"_psasync_jobid_value eq {guid_literal(job_id)} and psasync_chunk eq {int(chunk)}",
            order_by="psasync_position",
        )
        jobs, rows = self._read_many(_job_query(job_id), items)
        return (job_from(jobs[0]), [item_from(row) for row in rows]) if jobs else None

    def items(
        self, job_id: JobId, *, outcome: Iterable[str] = (), after: int | None = None, limit: int = 100
    ) -> Sequence[JobItem]:
        """Return items in order of position, those after position `after`; `outcome` holds names in lower case.

        `limit` is at most 5,000; raises ValueError for an outcome that does not exist.
        """
        conditions = [f"_psasync_jobid_value eq {guid_literal(job_id)}"]
        outcomes = [str(int(_outcome_named(name))) for name in outcome]
        if outcomes:
            conditions.append(any_of("psasync_outcome", outcomes))
        if after is not None:
            conditions.append(f"psasync_position gt {int(after)}")
        query = Query(
            ITEMS,
            select=ITEM_COLUMNS,
            filter=" and ".join(conditions),
            order_by="psasync_position",
            top=min(limit, _LARGEST_PAGE),
        )
        return [item_from(row) for row in self._client.rows(Operation("GET", query.address()))]

    def settle_items(self, changes: Sequence[JobItemChange], log: Sequence[LogEntry] = ()) -> None:
        """Write the outcomes of items and append log entries, in one batch."""
        job_items.settle_items(self._client, changes, log)

    def fail_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Settle all items (of one chunk, if given) that are still pending as failed; return how many.

        An item that another worker settles at the same moment keeps that outcome.
        """
        return job_items.close_pending_items(
            self._client, job_id, outcome=ItemOutcome.FAILED, code=code, message=message, chunk=chunk
        )

    def skip_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Settle all items (of one chunk, if given) that are still pending as skipped; return how many.

        An item that another worker settles at the same moment keeps that outcome.
        """
        return job_items.close_pending_items(
            self._client, job_id, outcome=ItemOutcome.SKIPPED, code=code, message=message, chunk=chunk
        )

    def reopen_failed_items(self, job_id: JobId) -> Sequence[int]:
        """Make all failed items pending again; return the chunks that hold them."""
        return job_items.reopen_failed_items(self._client, job_id)

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
        conditions = [] if until is None else [f"createdon le {time_literal(until)}"]
        if requested_by is not None:
            conditions.append(f"psasync_requestedby eq {text_literal(requested_by)}")
        query = Query(
            JOBS,
            select=(*JOB_COLUMNS, *COUNT_COLUMNS),
            filter=" and ".join(conditions) or None,
            order_by="createdon desc",
            top=limit + len(without),
        )
        rows = self._client.rows(Operation("GET", query.address()))
        found = [(job_from(row), counts_from(row)) for row in rows]
        return [(job, counts) for job, counts in found if job.id not in without][:limit]

    def open_chunks(self, *, unknown_since: datetime, pending_since: datetime) -> Sequence[OpenChunk]:
        """Return the chunks that hold an unknown item last changed at or before `unknown_since`, or a pending one last
        changed at or before `pending_since` in a job that was not sent again after that; in one request.

        One entry an outcome. Jobs in preparation do not count, and of cancelled ones only the unknown items.
        """
        query = stale_chunks_query(unknown_since=unknown_since, pending_since=pending_since)
        return [open_chunk_from(group) for group in self._client.rows(Operation("GET", query.address()))]

    def unfinished_of(self, person: EntraObjectId) -> Sequence[Job]:
        """Return the jobs of a person that are stored as preparing, queued or running, oldest first, 100 at most."""
        states = any_of("psasync_state", [str(int(state)) for state in _UNFINISHED])
        query = Query(
            JOBS,
            select=JOB_COLUMNS,
            filter=f"psasync_requestedby eq {text_literal(person)} and {states}",
            order_by="createdon",
            top=_MOST_UNFINISHED,
        )
        return [job_from(row) for row in self._client.rows(Operation("GET", query.address()))]

    def unchanged_jobs(self, states: Collection[JobState], unchanged_since: datetime) -> Sequence[Job]:
        """Return the jobs that are stored in one of these states and were last changed at or before this time."""
        in_states = " or ".join(f"psasync_state eq {int(state)}" for state in sorted(states))
        query = Query(
            JOBS,
            select=JOB_COLUMNS,
            filter=f"({in_states}) and modifiedon le {time_literal(unchanged_since)}",
            order_by="createdon",
        )
        return [job_from(row) for row in self._client.rows(Operation("GET", query.address()))]

    def server_time(self) -> ServerTime:
        """Return Dataverse's own time."""
        return self._client.server_time()

    def _read_many(self, *queries: Query) -> Sequence[Sequence[values.Row]]:
        operations = [Operation("GET", query.address()) for query in queries]
        return self._client.read_many(operations, empty_when=(RowNotFound,)).rows

    def _by_request_key(self, request_key: str) -> Job | None:
        query = Query(key_address(JOBS, {"psasync_requestkey": request_key}), select=JOB_COLUMNS)
        try:
            return job_from(self._client.send(Operation("GET", query.address()), repeatable=True).document())
        except RowNotFound:
            return None


def _job_query(job_id: JobId) -> Query:
    return Query(row_address(JOBS, job_id), select=JOB_COLUMNS)


def _counts_query(job_id: JobId) -> Query:
    of_job = f"filter(_psasync_jobid_value eq {guid_literal(job_id)})"
    return Query(ITEMS, apply=f"{of_job}/groupby((psasync_outcome),aggregate($count as items))")


def _outcome_named(name: str) -> ItemOutcome:
    try:
        return ItemOutcome[name.upper()]
    except KeyError:
        raise ValueError(f"no outcome is called {name!r}") from None
