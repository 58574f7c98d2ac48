"""The worker dies before, after or in the middle of every call: in the end there is one addition a line."""

import pytest

from dataverse.psasync.records import ItemOutcome, JobState, MappingStatus
from sync_core.push.submit import submit_push
from tests.fakes import Fate, Faults, Posting, WorkerDied, World, line_id_number, world_of
from tests.unit.sync_core.push.driving import deliver, push_request, run_until_settled

pytestmark = pytest.mark.unit

LINES = 4


def start(world: World) -> None:
    """Save; the request may die in it."""
    try:
        submit_push(world.services(), push_request(list(world.lines)))
    except WorkerDied:
        return


def calls_of_a_run(*, queued: bool) -> list[str]:
    world = a_world(queued=queued)
    start(world)
    deliver(world)
    return world.faults.calls


def a_world(*, queued: bool) -> World:
    return world_of(lines=LINES, agreements=1, inline_limit=0 if queued else 25)


def all_crashes() -> list[tuple[bool, int, Fate, str]]:
    return [
        (queued, number, fate, name)
        for queued in (False, True)
        for number, name in enumerate(calls_of_a_run(queued=queued))
        for fate in ("die_before", "die_after", "die_halfway")
    ]


CRASHES = all_crashes()


@pytest.mark.parametrize(
    ("queued", "number", "fate", "name"),
    CRASHES,
    ids=[f"{'queued' if queued else 'inline'}-{number}-{name}-{fate}" for queued, number, fate, name in CRASHES],
)
def test_a_crash_at_any_call_leads_to_one_addition_a_line(queued: bool, number: int, fate: Fate, name: str) -> None:
    world = a_world(queued=queued)
    world.faults = Faults(at=lambda call, _: fate if call == number else "go")
    start(world)
    deliver(world)
    run_until_settled(world)
    # A request that died before it was queued pushed nothing; the page sends it again with the same key.
    world.advance(world.timing.lease + 1)
    start(world)
    run_until_settled(world)
    assert_one_addition_a_line(world)


def test_a_crash_at_every_call_in_turn_leads_to_one_addition_a_line() -> None:
    """Each run dies one call later than the one before it, the whole way through."""
    world = a_world(queued=True)
    start(world)
    for number in range(40):
        world.faults = Faults(at=lambda call, _, number=number: "die_after" if call == number else "go")
        deliver(world)
        world.advance(world.timing.lease + 1)
        (job_id,) = world.jobs
        world.queue.append((world.now, job_id, 0))
    run_until_settled(world)
    assert_one_addition_a_line(world)


def test_a_worker_that_dies_after_a_lost_answer_leaves_a_line_that_is_found_again() -> None:
    world = a_world(queued=False)
    world.posting = lambda _, addition: Posting("lost")
    world.faults = Faults(at=lambda _, name: "die_before" if name == "ledger.settle" else "go")
    start(world)
    run_until_settled(world)
    assert len(world.posts) == 1 or len(world.posts) == LINES
    assert_one_addition_a_line(world)


def test_an_interrupted_request_is_closed_by_the_timer_with_a_sentence() -> None:
    world = a_world(queued=False)
    world.faults = Faults(at=lambda _, name: "die_halfway" if name == "jobs.add_items" else "go")
    start(world)
    world.advance(world.timing.lease + 1)
    run_until_settled(world)
    (job,) = world.jobs.values()
    assert job.state == JobState.FAILED
    assert job.message == "The request was interrupted before it was queued and nothing was done; save again."
    assert not world.posts


def assert_one_addition_a_line(world: World) -> None:
    for number in range(LINES):
        line_id = line_id_number(number)
        assert len(world.additions_of_line(line_id)) == 1
        mapping = world.mapping_of(line_id)
        assert mapping is not None
        assert mapping.status is MappingStatus.SYNCED
        assert mapping.psa_id == world.additions_of_line(line_id)[0].id
        assert world.mirrors[line_id].status == "Synced"
    for items in world.items.values():
        assert {item.outcome for item in items} <= {ItemOutcome.CREATED, ItemOutcome.SKIPPED}
