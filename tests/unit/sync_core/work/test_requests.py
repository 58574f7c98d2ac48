"""Cancelling a job and trying its failed records again, whatever the job is."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dataverse.psasync.records import (
    ItemOutcome,
    Job,
    JobDirection,
    JobId,
    JobItem,
    JobItemChange,
    JobKind,
    JobState,
    NewJobItem,
)
from sync_core.errors import RecordRejected
from sync_core.work.chunk import ChunkReport, ChunkRunner, work_chunk
from sync_core.work.requests import cancel_job, retry_job
from sync_core.work.services import WorkServices
from sync_core.work.start import JobRequest, start_job
from tests import builders
from tests.fakes import World, world_of

pytestmark = pytest.mark.unit


class Work:
    """A job of 6 items in 3 chunks; `outcomes` are given to the items in turn."""

    def __init__(self, *outcomes: ItemOutcome) -> None:
        self.world: World = world_of(lines=0)
        self.services: WorkServices = self.world.services()
        self.outcomes = itertools.cycle(outcomes or (ItemOutcome.CREATED,))
        self.done: list[int] = []
        request = JobRequest(
            "Work", builders.CONNECTOR_ID, JobDirection.PULL, JobKind.COMPANY, builders.USER_ID, "key", {}
        )
        items = [NewJobItem(position=n, chunk=n // 2, source_id=None, action="x", psa_id=n) for n in range(6)]
        self.job_id: JobId = start_job(self.services, request, items, runner=self.runner(), inline_limit=0)

    def runner(self) -> ChunkRunner:
        def run(job: Job, items: Sequence[JobItem]) -> ChunkReport:
            self.done.extend(item.position for item in items)
            self.services.jobs.settle_items(
                [JobItemChange(item.id, next(self.outcomes), "code", "message", item.psa_id, None) for item in items]
            )
            return ChunkReport(0, None)

        return run

    def deliver(self, messages: int = 99) -> None:
        for _ in range(min(messages, len(self.world.queue))):
            _, job_id, chunk = self.world.queue.pop(0)
            work_chunk(self.services, job_id, chunk, runner_of=lambda _: self.runner())

    @property
    def state(self) -> JobState:
        return self.world.jobs[self.job_id].state

    def codes(self) -> list[str | None]:
        return [item.code for item in self.world.items_of(self.job_id)]


def test_what_is_pending_becomes_skipped_and_is_not_worked_on() -> None:
    work = Work()
    work.deliver(1)
    cancel_job(work.services, work.job_id)
    work.deliver()
    assert work.done == [0, 1]
    assert work.codes() == ["code"] * 2 + ["cancelled"] * 4
    assert {item.outcome for item in work.world.items_of(work.job_id)[2:]} == {ItemOutcome.SKIPPED}
    assert work.state is JobState.CANCELLED
    assert work.world.jobs[work.job_id].ended_on is not None


def test_a_worker_that_writes_its_state_meanwhile_does_not_revive_the_job() -> None:
    work = Work()

    def revive(number: int, name: str) -> str:
        if name == "jobs.skip_open_items":
            job = work.world.jobs[work.job_id]
            work.world.jobs[work.job_id] = replace(job, state=JobState.RUNNING)
        return "go"

    work.world.faults.at = revive  # type: ignore[assignment]  # always "go"
    cancel_job(work.services, work.job_id)
    assert work.state is JobState.CANCELLED


def test_an_item_that_turned_pending_after_the_cancel_is_closed_by_its_message() -> None:
    work = Work()
    cancel_job(work.services, work.job_id)
    late = work.world.items[work.job_id][0]
    work.world.items[work.job_id][0] = replace(late, outcome=ItemOutcome.PENDING, code=None)
    work.deliver()
    assert work.codes() == ["cancelled"] * 6
    assert work.done == []


def test_what_is_unknown_is_still_followed() -> None:
    work = Work(ItemOutcome.UNKNOWN)
    work.deliver(1)
    cancel_job(work.services, work.job_id)
    work.outcomes = itertools.cycle([ItemOutcome.CREATED])
    work_chunk(work.services, work.job_id, 0, runner_of=lambda _: work.runner())
    assert work.done == [0, 1, 0, 1]
    assert work.state is JobState.CANCELLED


def test_a_job_that_has_ended_stays_as_it_is() -> None:
    work = Work()
    work.deliver()
    cancel_job(work.services, work.job_id)
    assert work.state is JobState.SUCCEEDED


def test_a_job_that_is_being_written_is_not_cancelled() -> None:
    work = Work()
    work.world.jobs[work.job_id] = replace(work.world.jobs[work.job_id], state=JobState.PREPARING)
    with pytest.raises(RecordRejected, match="still being prepared"):
        cancel_job(work.services, work.job_id)


def test_failed_records_are_tried_again_and_only_they() -> None:
    work = Work(ItemOutcome.CREATED, ItemOutcome.CREATED, ItemOutcome.FAILED)
    work.deliver()
    work.done.clear()
    work.outcomes = itertools.cycle([ItemOutcome.CREATED])
    assert retry_job(work.services, work.job_id) == 2
    assert work.state is JobState.RUNNING
    work.deliver()
    assert work.done == [2, 5]
    assert work.state is JobState.SUCCEEDED


def test_a_job_that_was_stopped_can_be_tried_again() -> None:
    work = Work(ItemOutcome.FAILED)
    work.deliver()
    assert work.state is JobState.FAILED
    work.outcomes = itertools.cycle([ItemOutcome.CREATED])
    retry_job(work.services, work.job_id)
    work.deliver()
    assert work.state is JobState.SUCCEEDED


def test_a_job_that_runs_is_not_tried_again() -> None:
    work = Work()
    work.deliver(1)
    with pytest.raises(RecordRejected, match="has not ended yet"):
        retry_job(work.services, work.job_id)


def test_a_job_in_which_nothing_failed_is_not_tried_again() -> None:
    work = Work()
    work.deliver()
    with pytest.raises(RecordRejected, match="No record of this job has failed"):
        retry_job(work.services, work.job_id)


@pytest.mark.parametrize("ask", [cancel_job, retry_job])
def test_a_job_that_does_not_exist_is_refused(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecordRejected, match="does not exist"):
        ask(Work().services, JobId("00000000-0000-4000-8000-000000000000"))
