"""Any sequence of crashes, freezes, late commits, double clicks and double deliveries: one addition a line in the end.

A freeze stops one worker in the middle of its run while others take messages, the timer fires and people press Save
again; the frozen worker then goes on with what it believed before. What no protocol can exclude, a freeze between the
check of the window and the send, is not among them.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectwise import errors as cw
from dataverse.psasync.records import ItemOutcome, MappingStatus
from sync_core.push.submit import submit_push
from sync_core.work.start import INTERRUPTED
from tests.fakes import Faults, Posting, World, line_id_number, world_of
from tests.unit.sync_core.chaos import EVENTS, Chaos, Event
from tests.unit.sync_core.push.driving import deliver, push_request, run_until_settled

pytestmark = [pytest.mark.unit, pytest.mark.deep]

LEASE, POST_COMMIT = 60.0, 20.0
LINES = 3


def posting() -> st.SearchStrategy[Posting]:
    lost = cw.NoAnswer(method="POST", path="additions", delivery="maybe_sent")
    fault = cw.ServerFault(method="POST", path="additions", status=503)
    limited = cw.RateLimited(method="POST", path="additions", status=429, retry_after=7.0)
    takes = st.floats(0, POST_COMMIT)
    return st.one_of(
        st.builds(Posting, st.just("created"), takes=takes),
        st.builds(Posting, st.just("lost"), takes=takes),
        # Committed at most T after it was sent.
        st.builds(Posting, st.just("late"), delay=st.floats(0, POST_COMMIT), takes=st.floats(0, POST_COMMIT)),
        st.builds(Posting, st.sampled_from([lost, fault, limited]), takes=takes),
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=EVENTS, postings=st.lists(posting(), max_size=12), way=st.sampled_from(["inline", "queued", "in turns"]))
def test_in_the_end_every_line_has_exactly_one_addition(
    events: dict[int, Event], postings: list[Posting], way: str
) -> None:
    world = world_of(
        lines=LINES,
        agreements=LINES if way == "in turns" else 1,
        lease=LEASE,
        post_commit=POST_COMMIT,
        inline_limit=25 if way == "inline" else 0,
        agreements_in_parallel=1,
        chunk_lines=1 if way == "in turns" else 200,
        chunks_queued=1,
    )
    answers = iter(postings)
    world.posting = lambda _, addition: next(answers, Posting())
    chaos = Chaos(
        world,
        dict(events),
        services=lambda: world.services(clock_origin=77.0),
        deliver=lambda: deliver(world),
        save=lambda key: submit_push(world.services(clock_origin=-5.0), push_request(list(world.lines), key=key)),
        advance=world.advance,
    )
    world.faults = Faults(at=chaos.at)
    chaos.act("same_save")
    for _ in range(6):
        chaos.act("deliver")
        chaos.act("timer")
        world.advance(13.0)
    assert_at_most_one(world)
    world.advance(LEASE + 1)
    world.faults = Faults()
    submit_push(world.services(), push_request(list(world.lines), key="the last save"))
    run_until_settled(world, step=7.0, rounds=200)
    assert_at_most_one(world)
    assert_all_synced(world)


def assert_at_most_one(world: World) -> None:
    for number in range(LINES):
        assert len(world.additions_of_line(line_id_number(number))) <= 1


def assert_all_synced(world: World) -> None:
    for number in range(LINES):
        line_id = line_id_number(number)
        (addition,) = world.additions_of_line(line_id)
        mapping = world.mapping_of(line_id)
        assert mapping is not None
        assert (mapping.status, mapping.psa_id) == (MappingStatus.SYNCED, addition.id)
        assert world.mirrors[line_id].psa_id == addition.id
    for item in (item for items in world.items.values() for item in items):
        # A request that was frozen for longer than the lease is closed by the timer, visibly.
        assert item.outcome in {ItemOutcome.CREATED, ItemOutcome.SKIPPED} or item.code in {INTERRUPTED, "job_stopped"}
