"""Drive a world as the hosts would: save, deliver messages, fire the timer, let time pass."""

from collections.abc import Sequence

from dataverse.psasync.records import ItemOutcome, JobId
from dataverse.work365.records import InvoiceLineId
from sync_core.push.chunk import run_chunk
from sync_core.push.submit import PushKind, PushRequest, submit_push
from sync_core.work.chunk import UnknownChunk
from sync_core.work.reopen import reopen_unsettled
from tests import builders
from tests.fakes import Faults, WorkerDied, World


def push_request(
    record_ids: Sequence[str], *, kind: PushKind = "invoice_line", key: str = "key-1", **members: object
) -> PushRequest:
    """Return a request of the default person."""
    return PushRequest(
        connector_id=builders.CONNECTOR_ID,
        kind=kind,
        record_ids=record_ids,
        idempotency_key=key,
        requested_by=builders.USER_ID,
        **members,  # type: ignore[arg-type]  members of PushRequest
    )


def save(world: World, line_ids: Sequence[InvoiceLineId] | None = None, *, key: str = "key-1") -> JobId:
    """Press Save on these lines, all of the world by default."""
    return submit_push(world.services(), push_request(list(line_ids or world.lines), key=key))


def deliver(world: World) -> None:
    """Deliver every message that is due, each once."""
    due = [message for message in world.queue if message[0] <= world.now]
    world.queue = [message for message in world.queue if message[0] > world.now]
    for _, job_id, chunk in due:
        try:
            run_chunk(world.services(), job_id, chunk)
        except (WorkerDied, UnknownChunk):
            continue


def run_until_settled(world: World, *, rounds: int = 60, step: float = 60.0) -> None:
    """Let hosts and timer work without faults until nothing is open; fail when that does not happen."""
    world.faults = Faults()
    for _ in range(rounds):
        deliver(world)
        reopen_unsettled(world.services(clock_origin=5_000.0))
        if not open_items(world) and not world.queue:
            return
        world.advance(step)
    raise AssertionError(f"still open: {open_items(world)}, queue {world.queue}")


def open_items(world: World) -> list[str]:
    """Return what is pending or unknown."""
    return [
        f"{item.source_id}: {item.outcome.name} {item.message}"
        for items in world.items.values()
        for item in items
        if item.outcome in {ItemOutcome.PENDING, ItemOutcome.UNKNOWN}
    ]
