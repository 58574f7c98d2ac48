"""Drive a world of rows as the hosts would: save, deliver messages, fire the timer, let time pass."""

from collections.abc import Sequence

from dataverse.psasync.records import ItemOutcome, JobId, JobItem
from sync_core.push_rows.chunk import push_rows_runner
from sync_core.push_rows.preview import PlannedRow, preview_rows
from sync_core.push_rows.submit import RowsRequest, submit_rows
from sync_core.push_rows.wishes import RowKindName, RowWish
from sync_core.work.chunk import UnknownChunk, work_chunk
from sync_core.work.reopen import reopen_unsettled
from tests import builders
from tests.fakes import Faults, WorkerDied
from tests.push_rows_fakes import KIND_OF, RowsWorld


def wishes_of(world: RowsWorld, kind: RowKindName) -> list[RowWish]:
    """Return the wish to create a record for every row of a kind."""
    name = {"product": "SourceProduct", "account": "SourceAccount", "billing_contract": "SourceContract"}[kind]
    return [RowWish(row.id, "create") for row in world.rows.values() if type(row).__name__ == name]


def request(kind: RowKindName, wishes: Sequence[RowWish], *, key: str = "key-1") -> RowsRequest:
    """Return a request of the default person."""
    return RowsRequest(builders.CONNECTOR_ID, kind, wishes, key, builders.USER_ID)


def save(
    world: RowsWorld, kind: RowKindName, wishes: Sequence[RowWish] | None = None, *, key: str = "key-1"
) -> list[JobItem]:
    """Press Save on these rows, all of a kind by default, and return the items of the job."""
    job_id = submit_rows(world.services(), request(kind, wishes or wishes_of(world, kind), key=key))
    return world.world.items_of(job_id)


def preview(world: RowsWorld, kind: RowKindName, wishes: Sequence[RowWish] | None = None) -> list[PlannedRow]:
    """Press Preview on these rows, all of a kind by default."""
    return preview_rows(
        world.services(),
        connector_id=builders.CONNECTOR_ID,
        kind=kind,
        wishes=wishes or wishes_of(world, kind),
        requested_by=builders.USER_ID,
    )


def work(world: RowsWorld, job_id: JobId, chunk: int) -> None:
    """Work on a message; the host may die in it."""
    services = world.services()
    try:
        work_chunk(services, job_id, chunk, runner_of=lambda _: push_rows_runner(services))
    except (WorkerDied, UnknownChunk):
        return


def deliver(world: RowsWorld) -> None:
    """Deliver every message that is due, each once."""
    queue, now = world.world.queue, world.world.now
    due = [message for message in queue if message[0] <= now]
    world.world.queue = [message for message in queue if message[0] > now]
    for _, job_id, chunk in due:
        work(world, job_id, chunk)


def run_until_settled(world: RowsWorld, *, rounds: int = 60, step: float = 60.0) -> None:
    """Let hosts and timer work without faults until nothing is open; fail when that does not happen."""
    world.world.faults = Faults()
    for _ in range(rounds):
        deliver(world)
        reopen_unsettled(world.services(clock_origin=5_000.0))
        if not open_items(world) and not world.world.queue:
            return
        world.advance(step)
    raise AssertionError(f"still open: {open_items(world)}, queue {world.world.queue}")


def open_items(world: RowsWorld) -> list[str]:
    """Return what is pending or unknown."""
    return [
        f"{item.source_id}: {item.outcome.name} {item.message}"
        for items in world.world.items.values()
        for item in items
        if item.outcome in {ItemOutcome.PENDING, ItemOutcome.UNKNOWN}
    ]


def mirrored(world: RowsWorld, kind: RowKindName) -> bool:
    """Whether Work 365's own columns hold what the integration records say."""
    records = {source: record for (of, source), record in world.world.mappings.items() if of is KIND_OF[kind]}
    return all(
        (row.psa_id, row.psa_name) == (str(record.psa_id), record.psa_name)
        for source, record in records.items()
        if (row := world.rows.get(source)) is not None and record.psa_id is not None
    )
