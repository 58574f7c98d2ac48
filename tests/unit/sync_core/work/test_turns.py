"""No job stands before all others: a window of chunks a job, whatever is delivered twice, dies, waits or is stopped."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataverse.errors import NoAnswer
from dataverse.psasync.records import EntraObjectId, ItemOutcome, JobId, JobState
from sync_core.errors import ConfigurationFault, TransientFault
from sync_core.work.chunk import ChunkReport
from sync_core.work.poison import give_up_chunk
from sync_core.work.requests import cancel_job, retry_job
from tests.fakes import Fate, WorkerDied
from tests.unit.sync_core.work.lines_of_jobs import Hosts

pytestmark = pytest.mark.unit

OTHER_PERSON = EntraObjectId("33333333-3333-4333-8333-000000000077")
WIDTH = 4


def test_a_job_of_three_chunks_does_not_wait_for_one_of_a_hundred() -> None:
    hosts = Hosts(width=8)
    large = hosts.start(100)
    small = hosts.start(3, key="small", person=OTHER_PERSON)
    while hosts.pending(small):
        hosts.deliver()
    assert len(hosts.chunks_done(large)) <= 8 + 2
    hosts.drain()
    assert hosts.chunks_done(large) == list(range(100))


def test_jobs_of_the_same_size_take_turns() -> None:
    hosts = Hosts(width=WIDTH)
    first = hosts.start(40)
    second = hosts.start(40, key="second", person=OTHER_PERSON)
    for _ in range(40):
        hosts.deliver()
    assert abs(len(hosts.chunks_done(first)) - len(hosts.chunks_done(second))) <= WIDTH
    hosts.drain()
    assert {hosts.world.jobs[job].state for job in (first, second)} == {JobState.SUCCEEDED}


def test_no_more_than_the_window_stands_in_the_queue_and_each_chunk_is_sent_once() -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(30)
    longest = 0
    while hosts.world.queue:
        longest = max(longest, len(hosts.world.queue))
        hosts.deliver()
    assert (longest, hosts.sent()) == (WIDTH, 30)
    assert hosts.chunks_done(job) == list(range(30))


@pytest.mark.parametrize("width", [1, 2, 29, 30, 31])
def test_a_window_of_any_width_reaches_every_chunk(width: int) -> None:
    hosts = Hosts(width=width)
    job = hosts.start(30)
    assert len(hosts.world.queue) == min(width, 30)
    hosts.drain()
    assert hosts.chunks_done(job) == list(range(30))


@pytest.mark.parametrize("times", [2, 5])
def test_messages_that_come_several_times_send_nothing_more(times: int) -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(30)
    hosts.drain(times=times)
    assert hosts.sent() == 30
    assert hosts.chunks_done(job) == list(range(30))


def test_two_deliveries_at_the_same_moment_do_not_multiply() -> None:
    """Both read the mark before either has moved it, at every chunk: one moves it, and only that one sends."""
    hosts = Hosts(width=WIDTH)
    job = hosts.start(30)
    racing: list[int] = []

    def second_delivery(number: int, name: str) -> Fate:
        if name == "jobs.update" and not racing:
            racing.append(number)
            hosts.run(job, max(hosts.chunks_done(job)))
            racing.clear()
        return "go"

    hosts.world.faults.at = second_delivery
    hosts.drain()
    assert hosts.sent() == 30
    assert Counter(hosts.chunks_done(job)) == Counter(range(30))


def test_runs_that_meet_again_and_again_send_all_the_same() -> None:
    hosts = Hosts(width=1)
    job = hosts.start(3)

    def somebody_writes(_number: int, name: str) -> Fate:
        if name == "jobs.update":
            hosts.world.jobs[job] = replace(hosts.world.jobs[job], etag=hosts.world.etag())
        return "go"

    hosts.world.faults.at = somebody_writes
    hosts.deliver()
    assert hosts.in_queue() == {(job, 1): 1}
    hosts.heal()
    hosts.drain()
    assert hosts.pending(job) == []


@pytest.mark.parametrize("was_written", [True, False])
def test_a_mark_of_which_nobody_knows_whether_it_was_written_holds_nothing_up(was_written: bool) -> None:
    hosts = Hosts(width=1)
    job = hosts.start(4)
    lost = iter([True])

    def lose_the_answer(_number: int, name: str) -> Fate:
        if name == "jobs.update" and next(lost, False):
            if was_written:
                hosts.world.jobs[job] = replace(hosts.world.jobs[job], etag=hosts.world.etag(), queued_chunk=1)
            raise NoAnswer(method="PATCH", path="psasync_jobs", delivery="maybe_sent")
        return "go"

    hosts.world.faults.at = lose_the_answer
    hosts.drain()
    assert hosts.pending(job) == []
    # once more for the chunk whose answer was lost, and once for the one that it had sent
    assert hosts.sent() <= 4 + 2


def test_a_worker_that_dies_at_any_step_is_followed_by_one_that_sends_the_rest() -> None:
    for fate, number in itertools.product(("die_before", "die_after"), range(8, 16)):
        hosts = Hosts(width=2)
        job = hosts.start(8)
        start = len(hosts.world.faults.calls)

        def die(call: int, _name: str, at: int = start + number, how: Fate = fate) -> Fate:  # type: ignore[assignment]
            return how if call == at else "go"

        hosts.world.faults.at = die
        hosts.drain()
        assert not hosts.pending(job), (fate, number)
        assert hosts.sent() <= 8 + 2
        assert hosts.world.jobs[job].state is JobState.SUCCEEDED


def test_a_message_that_comes_again_late_does_not_take_the_mark_back() -> None:
    hosts = Hosts(width=4)
    job = hosts.start(12)
    hosts.run(job, 3)
    assert hosts.world.jobs[job].queued_chunk == 7
    hosts.run(job, 0, redelivered=True)
    assert hosts.world.jobs[job].queued_chunk == 7
    assert hosts.in_queue()[job, 4] == 2
    hosts.drain()
    assert hosts.pending(job) == []


def test_a_person_whose_request_died_at_any_step_is_served_by_the_timer() -> None:
    for number in range(1, 8):
        hosts = Hosts(width=WIDTH)
        hosts.world.faults.at = lambda call, _name, at=number: "die_after" if call == at else "go"  # type: ignore[misc]
        with pytest.raises(WorkerDied):
            hosts.start(12)
        hosts.heal()
        hosts.drain()
        hosts.world.advance(hosts.world.timing.lease + 1)
        hosts.timer()
        assert len(hosts.world.queue) <= WIDTH
        (job,) = hosts.world.jobs
        hosts.drain()
        # a request that died before the job was queued is closed with a sentence; every other is carried out
        state = hosts.world.jobs[job].state
        assert state is (JobState.FAILED if number < 3 else JobState.SUCCEEDED), number


def test_a_chunk_that_waits_lets_the_next_one_in_once() -> None:
    hosts = Hosts(width=1)
    job = hosts.start(10)
    waits = iter([7.0] * 20)
    hosts.behaviour = lambda chunk: (
        ChunkReport(1, wait) if chunk == 0 and (wait := next(waits, None)) is not None else None
    )
    hosts.drain()
    assert hosts.sent() == 10 + 20
    assert hosts.chunks_done(job)[-1] in {0, 9}
    assert sorted(hosts.chunks_done(job)) == list(range(10))


def test_a_chunk_that_an_outage_keeps_from_running_keeps_its_place() -> None:
    hosts = Hosts(width=2)
    job = hosts.start(10)
    away = [True]

    def outage(_chunk: int) -> None:
        if away[0]:
            raise TransientFault(user_message="Away.", code="away")

    hosts.behaviour = outage
    for _ in range(20):
        hosts.deliver()
        hosts.world.advance(hosts.world.timing.retry_delay)
    assert set(hosts.in_queue()) <= {(job, 0), (job, 1)}
    away[0] = False
    hosts.drain()
    assert hosts.chunks_done(job) == list(range(10))


def test_a_fault_of_one_chunk_holds_up_no_other() -> None:
    hosts = Hosts(width=2)
    job = hosts.start(10)

    def broken(chunk: int) -> None:
        if chunk == 0:
            raise TransientFault(user_message="Away.", code="away")

    hosts.behaviour = broken
    for _ in range(40):
        hosts.deliver()
        hosts.world.advance(1.0)
    assert hosts.pending(job) == [0]


def test_a_chunk_that_is_given_up_lets_the_next_one_in() -> None:
    hosts = Hosts(width=1)
    job = hosts.start(5)
    hosts.deliver()
    hosts.world.queue.clear()
    give_up_chunk(hosts.services, job, 1, reference="ref-1")
    assert hosts.in_queue() == {(job, 2): 1}
    give_up_chunk(hosts.services, job, 1, reference="ref-1")
    hosts.drain()
    assert hosts.sent() == 5 + 1
    assert hosts.chunks_done(job) == [0, 2, 3, 4]
    assert hosts.world.jobs[job].state is JobState.PARTLY_FAILED


def test_a_job_that_was_cancelled_or_stopped_sends_nothing_more() -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(20)
    hosts.deliver()
    cancel_job(hosts.services, job)
    before = hosts.sent()
    hosts.drain()
    assert hosts.sent() == before
    stopped = hosts.start(20, key="second")

    def wrong_keys(_chunk: int) -> None:
        raise ConfigurationFault(user_message="Wrong keys.", code="keys")

    hosts.behaviour = wrong_keys
    before = hosts.sent()
    hosts.drain()
    assert hosts.sent() == before
    assert {item.code for item in hosts.world.items_of(stopped)} == {"keys"}


def test_what_a_cancel_did_not_live_to_close_is_closed_chunk_by_chunk() -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(20)
    hosts.world.jobs[job] = replace(hosts.world.jobs[job], state=JobState.CANCELLED)
    hosts.drain()
    assert hosts.pending(job) == []
    assert hosts.done == []
    assert hosts.sent() == 20


FAILED = {3, 4, 5, 11, 50, 51, 97, 99}


def failed_job(hosts: Hosts) -> JobId:
    hosts.outcome = lambda chunk: ItemOutcome.FAILED if chunk in FAILED else ItemOutcome.CREATED
    job = hosts.start(100)
    hosts.drain()
    hosts.done.clear()
    hosts.outcome = lambda chunk: ItemOutcome.CREATED
    return job


@pytest.mark.parametrize("width", [1, 3, 8, 20])
def test_a_retry_reaches_every_chunk_with_failed_records_and_no_other(width: int) -> None:
    hosts = Hosts(width=width)
    job = failed_job(hosts)
    before = hosts.sent()
    assert retry_job(hosts.services, job) == len(FAILED)
    assert len(hosts.world.queue) == min(width, len(FAILED))
    hosts.drain()
    assert hosts.chunks_done(job) == sorted(FAILED)
    assert hosts.sent() - before == len(FAILED)
    assert hosts.world.jobs[job].state is JobState.SUCCEEDED


def test_a_retry_that_died_at_any_step_is_finished_by_the_timer() -> None:
    for number in range(6):
        hosts = Hosts(width=2)
        job = failed_job(hosts)
        start = len(hosts.world.faults.calls)
        hosts.world.faults.at = lambda call, _name, at=start + number: "die_after" if call == at else "go"  # type: ignore[misc]
        with pytest.raises(WorkerDied):
            retry_job(hosts.services, job)
        hosts.heal()
        hosts.drain()
        hosts.world.advance(hosts.world.timing.lease + 1)
        hosts.timer()
        assert len(hosts.world.queue) <= 2
        hosts.drain()
        assert hosts.pending(job) == [], number
        # before anything was reopened the records are still failed, and a second press finds them
        assert set(hosts.chunks_done(job)) == (set() if number < 2 else FAILED), number


def test_a_job_from_before_there_was_a_window_stands_in_the_queue_as_a_whole() -> None:
    hosts = Hosts(width=2)
    job = hosts.start(6)
    hosts.world.jobs[job] = replace(hosts.world.jobs[job], queued_chunk=None)
    hosts.world.queue = [(0.0, job, chunk) for chunk in range(6)]
    before = hosts.sent()
    hosts.drain()
    assert hosts.sent() == before
    assert hosts.chunks_done(job) == list(range(6))


def test_the_timer_sends_a_waiting_job_once_a_lease_and_no_more_than_its_window() -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(100)
    lease = hosts.world.timing.lease
    hosts.world.advance(lease - 1)
    assert hosts.timer().chunks == 0
    hosts.world.advance(2)
    assert hosts.timer().chunks == WIDTH
    assert hosts.in_queue() == {(job, chunk): 2 for chunk in range(WIDTH)}
    for _ in range(9):
        hosts.world.advance(60)
        assert hosts.timer().chunks == 0
    hosts.world.advance(lease - 9 * 60)
    assert hosts.timer().chunks == WIDTH


def test_the_timer_finds_what_was_lost_behind_what_is_done() -> None:
    hosts = Hosts(width=WIDTH)
    job = hosts.start(30)
    for _ in range(10):
        hosts.deliver()
    hosts.world.queue.clear()
    hosts.world.advance(hosts.world.timing.lease + 1)
    assert hosts.timer().chunks == WIDTH
    hosts.drain()
    assert hosts.chunks_done(job) == list(range(30))


def test_the_timer_that_dies_after_any_send_sends_again_at_its_next_run() -> None:
    for number in range(8):
        hosts = Hosts(width=WIDTH)
        job = hosts.start(10)
        hosts.world.queue.clear()
        hosts.world.advance(hosts.world.timing.lease + 1)
        start = len(hosts.world.faults.calls)
        hosts.world.faults.at = lambda call, _name, at=start + number: "die_after" if call == at else "go"  # type: ignore[misc]
        try:
            hosts.timer()
        except WorkerDied:
            hosts.heal()
            hosts.timer()
        assert all(count <= 2 for count in hosts.in_queue().values())
        hosts.drain()
        assert hosts.chunks_done(job) == list(range(10))


EVENTS = st.lists(
    st.sampled_from(["deliver", "deliver", "deliver_twice", "die", "timer", "lose", "again", "advance", "lease"]),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(events=EVENTS, width=st.integers(1, 6), chunks=st.integers(1, 20), deaths=st.lists(st.integers(0, 5)))
def test_whatever_happens_every_chunk_is_done_and_the_queue_stays_small(
    events: list[str], width: int, chunks: int, deaths: list[int]
) -> None:
    hosts = Hosts(width=width)
    job = hosts.start(chunks)
    dying = iter(deaths)
    disturbances = 0
    for event in events:
        if event in {"deliver", "deliver_twice"}:
            hosts.deliver(times=2 if event == "deliver_twice" else 1)
        elif event == "die":
            at = len(hosts.world.faults.calls) + next(dying, 0)
            hosts.world.faults.at = lambda call, _name, at=at: "die_after" if call == at else "go"  # type: ignore[misc]
            hosts.deliver()
            hosts.heal()
        elif event == "lose":
            hosts.world.queue.clear()
        elif event == "again":
            hosts.run(job, 0)
        elif event == "timer":
            hosts.timer()
        else:
            hosts.world.advance(hosts.world.timing.lease + 1 if event == "lease" else 20)
        disturbances += event in {"die", "timer", "lease", "lose"}
    # each disturbance can send one window twice
    assert hosts.sent() <= chunks + width * (disturbances + 1)
    for _ in range(3 + 2 * chunks):
        hosts.drain()
        hosts.world.advance(hosts.world.timing.lease + 1)
        hosts.timer()
    assert hosts.pending(job) == []
    assert hosts.world.jobs[job].state is JobState.SUCCEEDED
