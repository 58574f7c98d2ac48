"""Writes to the items of a job, each safe to be carried out twice."""

from collections.abc import Mapping, Sequence

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import DataverseError, DuplicateRow, RowNotFound, VersionMismatch
from dataverse.odata import Query, guid_literal, in_list, json_list, list_slices, row_address, slices
from dataverse.psasync.job_rows import (
    ITEMS,
    LONGEST_CODE,
    LONGEST_MESSAGE,
    item_change_body,
    new_item_target,
)
from dataverse.psasync.log_rows import log_operation
from dataverse.psasync.records import ItemOutcome, JobId, JobItemChange, LogEntry, NewJobItem
from dataverse.values import Row

ITEMS_PER_REQUEST = 1_000


def add_items(client: DataverseClient, job_id: JobId, items: Sequence[NewJobItem]) -> None:
    """Create the items, 1,000 a request; items whose position is there already are left as they are."""
    for page in slices(items, ITEMS_PER_REQUEST):
        missing = page
        while missing:
            try:
                # Repeatable: CreateMultiple is one transaction and job + position is unique, so a second execution, or
                # one that commits late, is refused as a duplicate.
                client.send(_create_items(job_id, missing), repeatable=True)
                break
            except DuplicateRow:
                there = _positions(client, job_id, page)
                remaining = [item for item in page if item.position not in there]
                if len(remaining) == len(missing):
                    raise  # another key is violated: the items repeat a position
                missing = remaining


def remove_items(client: DataverseClient, job_id: JobId) -> None:
    """Delete all items of the job."""
    query = Query(ITEMS, select=("psasync_jobitemid",), filter=_of_job(job_id))
    item_ids = [_item_id(row) for row in client.rows(Operation("GET", query.address()))]
    # Repeatable: deleting twice is deleting once, 404 means that it is done.
    _carry_out(
        client, [Operation("DELETE", row_address(ITEMS, item_id)) for item_id in item_ids], done_when=RowNotFound
    )


def settle_items(client: DataverseClient, changes: Sequence[JobItemChange], log: Sequence[LogEntry]) -> None:
    """Write the outcomes of items and append log entries, in one batch; raise the first refusal when all were tried."""
    # Repeatable: the same values a second time change nothing, and the log's keys make its repetition a duplicate.
    # Without If-Match, because an item follows its mapping row, which is what is guarded.
    operations = [
        Operation("PATCH", row_address(ITEMS, change.id), item_change_body(change), {"If-Match": "*"})
        for change in changes
    ]
    operations += [log_operation(page) for page in slices(log, ITEMS_PER_REQUEST)]
    _carry_out(client, operations, done_when=DuplicateRow)


def close_pending_items(
    client: DataverseClient, job_id: JobId, *, outcome: ItemOutcome, code: str, message: str, chunk: int | None = None
) -> int:
    """Settle all items (of one chunk, if given) that are still pending; return how many this call settled.

    An item that a worker settles at the same time keeps the worker's outcome.
    """
    body = {
        "psasync_outcome": int(outcome),
        "psasync_code": values.fitted(code, LONGEST_CODE),
        "psasync_message": values.fitted(message, LONGEST_MESSAGE),
    }
    pending = f"{_of_job(job_id)} and psasync_outcome eq {int(ItemOutcome.PENDING)}"
    if chunk is not None:
        pending += f" and psasync_chunk eq {int(chunk)}"
    query = Query(ITEMS, select=("psasync_jobitemid",), filter=pending)
    rows = list(client.rows(Operation("GET", query.address())))
    # Repeatable: the ETag lets only the first execution through; the row then says who was first.
    operations = [
        Operation("PATCH", row_address(ITEMS, _item_id(row)), body, {"If-Match": values.etag(row)}) for row in rows
    ]
    contested = _carry_out(client, operations, done_when=(VersionMismatch, RowNotFound))
    return len(rows) - len(contested) + _count_failed_with(client, contested, body)


def reopen_failed_items(client: DataverseClient, job_id: JobId) -> list[int]:
    """Make all failed items pending again; return the chunks that hold them, in ascending order."""
    failed = f"{_of_job(job_id)} and psasync_outcome eq {int(ItemOutcome.FAILED)}"
    query = Query(ITEMS, select=("psasync_jobitemid", "psasync_chunk"), filter=failed)
    rows = list(client.rows(Operation("GET", query.address())))
    body = {"psasync_outcome": int(ItemOutcome.PENDING), "psasync_code": None, "psasync_message": None}
    # Repeatable: the ETag lets only the first execution through, and an item that changed meanwhile is left alone.
    operations = [
        Operation("PATCH", row_address(ITEMS, _item_id(row)), body, {"If-Match": values.etag(row)}) for row in rows
    ]
    _carry_out(client, operations, done_when=(VersionMismatch, RowNotFound))
    return sorted({values.whole(row, "psasync_chunk") or 0 for row in rows})


def _create_items(job_id: JobId, items: Sequence[NewJobItem]) -> Operation:
    return Operation(
        "POST",
        f"{ITEMS}/Microsoft.Dynamics.CRM.CreateMultiple",
        {"Targets": [new_item_target(job_id, item) for item in items]},
    )


def _positions(client: DataverseClient, job_id: JobId, items: Sequence[NewJobItem]) -> set[int]:
    first, last = min(item.position for item in items), max(item.position for item in items)
    between = f"{_of_job(job_id)} and psasync_position ge {first} and psasync_position le {last}"
    rows = client.rows(Operation("GET", Query(ITEMS, select=("psasync_position",), filter=between).address()))
    return {values.required(values.whole(row, "psasync_position"), "psasync_position") for row in rows}


def _carry_out(
    client: DataverseClient,
    operations: Sequence[Operation],
    *,
    done_when: type[DataverseError] | tuple[type[DataverseError], ...],
) -> list[Operation]:
    """Carry out all; return those that ended with `done_when`, raise the first other failure."""
    if not operations:
        return []
    answers = client.carry_out(operations).answers
    for answer in answers:
        if answer.failure is not None and not isinstance(answer.failure, done_when):
            raise answer.failure
    return [answer.operation for answer in answers if answer.failure is not None]


def _count_failed_with(client: DataverseClient, contested: Sequence[Operation], body: Mapping[str, object]) -> int:
    """Return how many of these items hold what we wrote: a lost answer makes our own write look like another's."""
    item_ids = [operation.path.partition("(")[2].rstrip(")") for operation in contested]
    queries = [
        Query(ITEMS, select=tuple(body), filter=in_list("psasync_jobitemid", "@ids"), aliases={"@ids": json_list(ids)})
        for ids in list_slices(item_ids)
    ]
    if not queries:
        return 0
    read = client.read_many([Operation("GET", query.address()) for query in queries])
    return sum(values.holds(row, body) for rows in read.rows for row in rows)


def _of_job(job_id: JobId) -> str:
    return f"_psasync_jobid_value eq {guid_literal(job_id)}"


def _item_id(row: Row) -> str:
    return values.required(values.guid(row, "psasync_jobitemid"), "psasync_jobitemid")
