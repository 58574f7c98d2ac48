"""What the timer sends again, and what follows a message that nobody could work."""

from dataclasses import replace

import pytest

from dataverse.psasync.records import ItemOutcome, JobState
from sync_core.push.chunk import run_chunk
from sync_core.work.poison import give_up_chunk
from sync_core.work.reopen import reopen_unsettled
from tests.fakes import Posting, line_id_number, world_of
from tests.unit.sync_core.push.driving import deliver, run_until_settled, save

pytestmark = pytest.mark.unit


def test_a_message_that_was_lost_is_sent_again_when_the_lease_has_passed() -> None:
    world = world_of(lines=26)
    job_id = save(world)
    world.queue.clear()
    world.advance(world.timing.lease - 1)
    assert reopen_unsettled(world.services()).chunks == 0
    world.advance(2)
    assert reopen_unsettled(world.services()).chunks == 1
    deliver(world)
    assert world.jobs[job_id].state == JobState.SUCCEEDED


def test_an_unknown_line_is_sent_again_when_t_has_passed_although_its_own_message_was_lost() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("lost")
    job_id = save(world)
    world.queue.clear()
    world.advance(world.timing.post_commit)
    assert reopen_unsettled(world.services()).chunks == 0
    world.advance(world.timing.clock_margin + 2)
    assert reopen_unsettled(world.services()).chunks == 1
    deliver(world)
    assert world.items_of(job_id)[0].outcome is ItemOutcome.CREATED


def test_settled_jobs_are_left_alone() -> None:
    world = world_of(lines=2)
    save(world)
    world.advance(world.timing.lease * 2)
    report = reopen_unsettled(world.services())
    assert (report.chunks, report.interrupted_jobs) == (0, 0)
    assert not world.queue


def test_a_state_that_its_worker_did_not_live_to_write_is_written_by_the_timer() -> None:
    world = world_of(lines=1)
    job_id = save(world)
    world.jobs[job_id] = replace(world.jobs[job_id], state=JobState.RUNNING, ended_on=None)
    world.advance(world.timing.lease + 1)
    reopen_unsettled(world.services())
    assert world.jobs[job_id].state == JobState.SUCCEEDED
    assert world.jobs[job_id].ended_on is not None


def test_each_chunk_is_sent_once_a_run() -> None:
    world = world_of(lines=60, agreements=3, chunk_lines=20)
    save(world)
    world.queue.clear()
    world.advance(world.timing.lease + 1)
    assert reopen_unsettled(world.services()).chunks == 3
    assert len(world.queue) == 3


def test_a_chunk_that_is_given_up_fails_its_pending_items_with_a_reference() -> None:
    world = world_of(lines=40, agreements=2, chunk_lines=20)
    job_id = save(world)
    assert give_up_chunk(world.services(), job_id, 0, reference="ref-1") == 20
    failed = [item for item in world.items_of(job_id) if item.chunk == 0]
    sentence = (
        "This record could not be written because of an internal error; save it again, and if it fails again tell "
        "support the reference ref-1."
    )
    assert {item.message for item in failed} == {sentence}
    assert {item.outcome for item in world.items_of(job_id) if item.chunk == 1} == {ItemOutcome.PENDING}
    deliver(world)
    assert world.jobs[job_id].state == JobState.PARTLY_FAILED


def test_a_chunk_that_is_given_up_leaves_unknown_lines_to_the_timer() -> None:
    world = world_of(lines=2)
    world.posting = lambda _, addition: Posting("lost" if addition.serial_number == line_id_number(0) else "created")
    job_id = save(world)
    give_up_chunk(world.services(), job_id, 0, reference="ref-1")
    assert world.items_of(job_id)[0].outcome is ItemOutcome.UNKNOWN
    run_until_settled(world)
    assert world.items_of(job_id)[0].outcome is ItemOutcome.CREATED


def test_what_a_stopped_job_still_shows_as_pending_is_closed_with_its_sentence() -> None:
    """Another worker may release a line at the moment in which the job is stopped."""
    world = world_of(lines=26)
    job_id = save(world)
    world.jobs[job_id] = replace(world.jobs[job_id], state=JobState.FAILED, message="Wrong keys.")
    run_chunk(world.services(), job_id, 0)
    assert {(item.outcome, item.message) for item in world.items_of(job_id)} == {(ItemOutcome.FAILED, "Wrong keys.")}
    assert not world.posts


def test_a_job_that_was_deleted_needs_no_refresh() -> None:
    world = world_of(lines=1)
    job_id = save(world)
    del world.jobs[job_id]
    assert give_up_chunk(world.services(), job_id, 0, reference="ref-1") == 0
