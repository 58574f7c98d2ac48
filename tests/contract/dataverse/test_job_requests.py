"""What cancelling, retrying and listing jobs do to the rows."""

from datetime import timedelta

import pytest

from dataverse.psasync.jobs import JobRepository
from dataverse.psasync.records import ItemOutcome, JobItemChange, OutcomeCounts, SourceId
from tests.contract.dataverse.target import Target, guid
from tests.contract.dataverse.test_psasync import new_items, new_job

pytestmark = pytest.mark.contract


def job_with_items(repository: JobRepository, number: int = 1, count: int = 4):  # type: ignore[no-untyped-def]
    job, _ = repository.create(new_job(number))
    repository.add_items(job.id, new_items(count))
    return job


def test_pending_items_are_skipped_and_settled_ones_stay(target: Target) -> None:
    repository = JobRepository(target.client())
    job = job_with_items(repository)
    first, *_ = repository.items(job.id)
    repository.settle_items([JobItemChange(first.id, ItemOutcome.CREATED, None, "done", 7, 3)])
    assert repository.skip_open_items(job.id, code="cancelled", message="Skipped.") == 3
    assert [item.outcome.name for item in repository.items(job.id)] == ["CREATED", "SKIPPED", "SKIPPED", "SKIPPED"]


def test_failed_items_are_pending_again_without_code_and_message(target: Target) -> None:
    repository = JobRepository(target.client())
    job = job_with_items(repository)
    repository.fail_open_items(job.id, code="x", message="No.")
    chunks = repository.reopen_failed_items(job.id)
    items = repository.items(job.id)
    assert chunks == sorted({item.chunk for item in items})
    assert {(item.outcome, item.code, item.message) for item in items} == {(ItemOutcome.PENDING, None, "")}
    assert repository.reopen_failed_items(job.id) == []


def test_the_row_of_an_item_is_written_when_it_is_known(target: Target) -> None:
    repository = JobRepository(target.client())
    job = job_with_items(repository, count=2)
    first, second = repository.items(job.id)
    row = SourceId(guid("account"))
    repository.settle_items(
        [
            JobItemChange(first.id, ItemOutcome.CREATED, None, "", 7, None, row),
            JobItemChange(second.id, ItemOutcome.FAILED, "x", "", 8, None),
        ]
    )
    assert [item.source_id for item in repository.items(job.id)] == [row, second.source_id]


def test_jobs_are_listed_newest_first_with_their_counts(target: Target) -> None:
    repository = JobRepository(target.client())
    made = []
    for number in range(3):
        made.append(repository.create(new_job(number))[0])
        target.control("POST", "clock", {"advance_seconds": 5})
    repository.update(made[0].id, total=4, counts=OutcomeCounts({ItemOutcome.CREATED: 1, ItemOutcome.FAILED: 2}))
    listed = repository.recent(limit=2)
    assert [job.id for job, _ in listed] == [made[2].id, made[1].id]
    (older,) = repository.recent(limit=9, until=made[1].created_on - timedelta(seconds=1))
    assert (older[0].id, older[1].of(ItemOutcome.CREATED), older[1].of(ItemOutcome.PENDING)) == (made[0].id, 1, 1)
    assert [job.id for job, _ in repository.recent(limit=9, without={made[2].id, made[0].id})] == [made[1].id]
