"""The audit log against a strict Dataverse, and jobs counted by person."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dataverse.psasync.audit import AuditLog
from dataverse.psasync.records import EntraObjectId, JobState, LogEntry
from tests.contract.dataverse.target import Target
from tests.contract.dataverse.test_psasync import jobs_of, ledger_of, log_entry, new_job

pytestmark = pytest.mark.contract

DAY = datetime(2026, 11, 24, tzinfo=UTC)


def entries(target: Target, count: int) -> list[LogEntry]:
    job, _ = jobs_of(target).create(new_job())
    template = replace(log_entry(job), before='{"a": "Ä\'€"}', request_ids=None)
    return [
        replace(
            template, what=f"write {number:02}", when=DAY + timedelta(hours=number), correlation_id=str(uuid.uuid4())
        )
        for number in range(count)
    ]


def test_what_was_appended_is_read_in_pages_in_the_order_of_writing(target: Target) -> None:
    written = entries(target, 7)
    ledger_of(target).append_log(written)
    log, read, after = AuditLog(target.client()), [], 0
    for _ in range(3):
        page = log.page(since=DAY, before=DAY + timedelta(days=1), after=after, limit=3)
        read.extend(page.entries)
        after = page.next_after or 0
    assert read == written
    assert after == 0


def test_days_are_half_open(target: Target) -> None:
    written = entries(target, 4)
    ledger_of(target).append_log(written)
    page = AuditLog(target.client()).page(since=DAY + timedelta(hours=1), before=DAY + timedelta(hours=3), limit=100)
    assert page.entries == written[1:3]
    assert page.next_after is None


def test_only_the_persons_own_jobs_that_have_not_ended_are_counted(target: Target) -> None:
    jobs = jobs_of(target)
    ada, bill = EntraObjectId(str(uuid.UUID(int=1))), EntraObjectId(str(uuid.UUID(int=2)))
    made = [jobs.create(new_job(number, requested_by=ada, request_key=f"k{number}"))[0] for number in (1, 2, 3)]
    jobs.create(new_job(4, requested_by=bill, request_key="k4"))
    jobs.update(made[0].id, state=JobState.PARTLY_FAILED)
    jobs.update(made[1].id, state=JobState.RUNNING)
    assert {job.id for job in jobs.unfinished_of(ada)} == {made[1].id, made[2].id}
    assert jobs.unfinished_of(EntraObjectId("x' or 1 eq 1 or psasync_requestedby eq 'y")) == []
