"""The repositories of our own tables against a strict Dataverse, with every fault that makes a write doubtful."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dataverse import errors
from dataverse.psasync.jobs import JobRepository
from dataverse.psasync.ledger import MappingLedger
from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    ItemOutcome,
    Job,
    JobDirection,
    JobId,
    JobItemChange,
    JobKind,
    JobState,
    LogEntry,
    Mapping,
    MappingKind,
    MappingStatus,
    NewJob,
    NewJobItem,
    SourceId,
)
from tests.contract.dataverse.target import CLERK, CONNECTOR, USD, Target, guid
from tests.unit.dataverse.samples import SYNCED, Claim, Settlement

pytestmark = pytest.mark.contract

CONNECTOR_ID = ConnectorId(CONNECTOR)
INVOICE = guid("invoice")

LOSSES: dict[str, dict[str, object]] = {
    "drop_before": {},
    "drop_after_commit": {},
    "commit_late": {"delay_ms": 400},
    "status": {"status": 503},
    "rate_limit": {"retry_after": 1},
    "truncate": {},
    "html": {"status": 502},
}

each_loss = pytest.mark.parametrize("kind", list(LOSSES))


def lose(target: Target, kind: str, path: str, *, method: str = "POST") -> None:
    # a rate limit is a wait of whole seconds: once is enough
    target.fault(kind, path=path, method=method, times=1 if kind == "rate_limit" else 2, **LOSSES[kind])


def eventually_still(target: Target, check: Callable[[], None], kind: str) -> None:
    """Check now, and for late commits once more when they are through."""
    check()
    if kind == "commit_late":
        time.sleep(0.6)
        check()


def line_id(number: int) -> str:
    return guid("line", number)


@pytest.fixture
def lines(target: Target) -> Target:
    """200 invoice lines to claim."""
    target.seed(
        accounts=[{"accountid": guid("account"), "name": "Contoso"}],
        invoices=[
            {
                "invoiceid": INVOICE,
                "name": "January",
                "invoicenumber": "INV-1",
                "_transactioncurrencyid_value": USD,
                "customerid_account@odata.bind": f"/accounts({guid('account')})",
            }
        ],
        invoicedetails=[
            {
                "invoicedetailid": line_id(number),
                "invoiceid@odata.bind": f"/invoices({INVOICE})",
                "isproductoverridden": True,
                "productdescription": f"Line {number}",
                "quantity": 1,
                "priceperunit": 10,
            }
            for number in range(200)
        ],
    )
    return target


def claim_of(number: int, existing: Mapping | None = None, *, by: str = "run-1") -> Claim:
    until = datetime.now(UTC) + timedelta(minutes=10)
    return Claim(line_id(number), 3, existing, by, until)  # type: ignore[arg-type]


def ledger_of(target: Target) -> MappingLedger:
    return MappingLedger(target.client())


def jobs_of(target: Target) -> JobRepository:
    return JobRepository(target.client())


# --- ledger


def test_the_connector_is_read(target: Target) -> None:
    connector = ledger_of(target).connector(CONNECTOR_ID)

    assert connector is not None
    assert (connector.site_url, connector.company) == ("https://na.myconnectwise.net", "contoso")
    assert connector.properties == '{"price_decimals": 2}'
    assert ledger_of(target).connector(ConnectorId(guid("none"))) is None


def test_a_chunk_is_claimed_read_and_settled_with_one_request_each(lines: Target) -> None:
    ledger = ledger_of(lines)
    with lines.counted(1):
        held = ledger.claim(CONNECTOR_ID, [claim_of(number) for number in range(200)])
    assert len(held) == 200
    with lines.counted(1):
        read = ledger.read_mappings(
            CONNECTOR_ID,
            {
                MappingKind.INVOICE_LINE: [SourceId(line_id(number)) for number in range(200)],
                MappingKind.PRODUCT: [SourceId(guid("product", number)) for number in range(50)],
                MappingKind.BILLING_CONTRACT: [SourceId(guid("contract"))],
            },
        )
    assert {mapping.source_id: mapping for mapping in read.by_source.values()} == held
    with lines.counted(1):
        settled = ledger.settle([Settlement(mapping, SYNCED) for mapping in held.values()])
    mapping = settled[SourceId(line_id(1))]
    assert (mapping.status, mapping.psa_id, mapping.claimed_by) == (MappingStatus.SYNCED, 7, None)
    assert (mapping.pushed_amount, mapping.pushed_quantity) == (Decimal(3), Decimal(2))
    assert mapping.status_message == SYNCED.status_message
    assert len(settled) == 200


def test_a_claim_leaves_rows_of_others_alone_and_counts_attempts(lines: Target) -> None:
    ledger = ledger_of(lines)
    theirs = ledger.claim(CONNECTOR_ID, [claim_of(1, by="other"), claim_of(2, by="other")])
    taken = ledger.claim(CONNECTOR_ID, [claim_of(2, theirs[line_id(2)])])  # type: ignore[index]

    ours = ledger.claim(CONNECTOR_ID, [claim_of(1), claim_of(2, theirs[line_id(2)]), claim_of(3)])  # type: ignore[index]

    # line 2 is at another version than the second claim believes, but it is this run that holds it
    assert set(ours) == {line_id(2), line_id(3)}
    assert [mapping.attempts for mapping in taken.values()] == [2]


def test_a_claim_of_a_line_that_was_deleted_is_left_out(lines: Target) -> None:
    assert set(ledger_of(lines).claim(CONNECTOR_ID, [claim_of(1), claim_of(999)])) == {line_id(1)}


@each_loss
def test_a_claim_survives_a_lost_answer(lines: Target, kind: str) -> None:
    ledger = ledger_of(lines)
    existing = ledger.claim(CONNECTOR_ID, [claim_of(number, by="earlier") for number in range(5)])
    lose(lines, kind, r"\$batch")

    ours = ledger.claim(
        CONNECTOR_ID,
        [claim_of(number, existing.get(line_id(number))) for number in range(10)],  # type: ignore[call-overload]
    )

    def check() -> None:
        read = ledger.read_mappings(
            CONNECTOR_ID, {MappingKind.INVOICE_LINE: [SourceId(line_id(number)) for number in range(10)]}
        )
        assert {mapping.source_id: mapping for mapping in read.by_source.values()} == ours
        assert sorted(mapping.attempts for mapping in ours.values()) == [1] * 5 + [2] * 5

    eventually_still(lines, check, kind)


@each_loss
def test_a_settlement_survives_a_lost_answer(lines: Target, kind: str) -> None:
    ledger = ledger_of(lines)
    held = ledger.claim(CONNECTOR_ID, [claim_of(number) for number in range(10)])
    lose(lines, kind, r"\$batch")

    settled = ledger.settle([Settlement(mapping, SYNCED) for mapping in held.values()])

    def check() -> None:
        read = ledger.read_mappings(CONNECTOR_ID, {MappingKind.INVOICE_LINE: [SourceId(key) for key in held]})
        assert {mapping.source_id: mapping for mapping in read.by_source.values()} == settled
        assert {mapping.status for mapping in settled.values()} == {MappingStatus.SYNCED}

    eventually_still(lines, check, kind)


def test_a_stale_holder_cannot_settle(lines: Target) -> None:
    ledger = ledger_of(lines)
    (held,) = ledger.claim(CONNECTOR_ID, [claim_of(1)]).values()
    ledger.claim(CONNECTOR_ID, [claim_of(1, held, by="other")])

    assert ledger.settle([Settlement(held, SYNCED)]) == {}


# --- jobs


def new_job(number: int = 1, **changes: object) -> NewJob:
    job = NewJob(
        id=JobId(guid("job", number)),
        name="Push of 3 lines",
        connector_id=CONNECTOR_ID,
        direction=JobDirection.PUSH,
        kind=JobKind.INVOICE_LINE,
        state=JobState.QUEUED,
        requested_by=EntraObjectId(CLERK),
        request_key=f"key-{number}",
        request_hash="h" * 64,
        correlation_id=str(uuid.UUID(int=9)),
        total=3,
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def new_items(count: int) -> list[NewJobItem]:
    return [
        NewJobItem(position=number, chunk=number // 10, source_id=SourceId(line_id(number)), action="push")
        for number in range(count)
    ]


def log_entry(job: Job) -> LogEntry:
    return LogEntry(
        job_id=job.id,
        connector_id=CONNECTOR_ID,
        when=datetime.now(UTC),
        who=EntraObjectId(CLERK),
        what="create addition",
        source_id=SourceId(line_id(1)),
        psa_id=7,
        before=None,
        after='{"quantity":"2"}',
        vendor_status=201,
        request_ids="r-1",
        correlation_id=str(uuid.UUID(int=9)),
    )


def stored_count(target: Target, entity_set: str) -> int:
    return int(target.control("GET", "state")["tables"][entity_set])


@each_loss
def test_a_job_is_created_once_whatever_is_lost(target: Target, kind: str) -> None:
    lose(target, kind, "psasync_jobs$")

    job, created = jobs_of(target).create(new_job())

    def check() -> None:
        assert stored_count(target, "psasync_jobs") == 1

    assert created
    assert job.id == guid("job")
    eventually_still(target, check, kind)


def test_the_same_request_key_is_the_same_job(target: Target) -> None:
    first, _ = jobs_of(target).create(new_job(1))

    second, created = jobs_of(target).create(new_job(2, request_key="key-1"))

    assert (second, created) == (first, False)


@each_loss
def test_items_are_written_once_whatever_is_lost(target: Target, kind: str) -> None:
    job, _ = jobs_of(target).create(new_job())
    lose(target, kind, "CreateMultiple")

    jobs_of(target).add_items(job.id, new_items(30))

    def check() -> None:
        assert [item.position for item in jobs_of(target).items(job.id)] == list(range(30))

    eventually_still(target, check, kind)


def test_a_thousand_items_are_one_request_and_are_removed_again(target: Target) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    with target.counted(2):
        repository.add_items(job.id, new_items(1_200))
    with target.counted(6):
        repository.remove_items(job.id)

    read = repository.read(job.id)
    assert read is not None
    assert read[1].total == 0


@each_loss
def test_items_are_settled_and_logged_once_whatever_is_lost(target: Target, kind: str) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(10))
    changes = [JobItemChange(item.id, ItemOutcome.CREATED, None, "done", 7, 3) for item in repository.items(job.id)]
    lose(target, kind, r"\$batch")

    repository.settle_items(changes, [log_entry(job)] * 10)

    def check() -> None:
        found = repository.items(job.id)
        assert {(item.outcome, item.message, item.psa_id, item.psa_parent_id) for item in found} == {
            (ItemOutcome.CREATED, "done", 7, 3)
        }
        assert stored_count(target, "psasync_logentries") == 10

    eventually_still(target, check, kind)


@each_loss
def test_the_log_is_appended_once_whatever_is_lost(target: Target, kind: str) -> None:
    job, _ = jobs_of(target).create(new_job())
    lose(target, kind, "psasync_logentries")

    ledger_of(target).append_log([log_entry(job), replace(log_entry(job), job_id=None)])

    def check() -> None:
        assert stored_count(target, "psasync_logentries") == 2

    eventually_still(target, check, kind)


@each_loss
def test_pending_items_fail_once_whatever_is_lost(target: Target, kind: str) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(20))
    first, *_ = repository.items(job.id)
    repository.settle_items([JobItemChange(first.id, ItemOutcome.CREATED, None, "done", 7, 3)])
    lose(target, kind, r"\$batch")

    assert repository.fail_open_items(job.id, code="job_stopped", message="Correct the keys.", chunk=0) == 9
    assert repository.fail_open_items(job.id, code="job_stopped", message="Correct the keys.") == 10

    def check() -> None:
        read = repository.read(job.id)
        assert read is not None
        assert read[1].by_outcome == {ItemOutcome.CREATED: 1, ItemOutcome.FAILED: 19}

    eventually_still(target, check, kind)


def test_a_job_its_counts_and_its_chunks_take_one_request_each(target: Target) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(30))
    with target.counted(1):
        read = repository.read(job.id)
    with target.counted(1):
        chunk = repository.items_of_chunk(job.id, 2)
    assert read is not None
    assert read[0] == job
    assert read[1].by_outcome == {ItemOutcome.PENDING: 30}
    with target.counted(1):
        repository.update(
            job.id, state=JobState.RUNNING, counts=read[1], total=30, message="running", started_on=job.created_on
        )
    again = repository.read(job.id)
    assert again is not None
    assert (again[0].state, again[0].total, again[0].message) == (JobState.RUNNING, 30, "running")
    assert again[0].started_on == job.created_on
    assert chunk is not None
    assert [item.position for item in chunk[1]] == list(range(20, 30))
    missing = JobId(guid("none"))
    assert repository.read(missing) is None
    assert repository.items_of_chunk(missing, 0) is None
    with pytest.raises(errors.RowNotFound):
        repository.update(missing, total=1)


@each_loss
def test_a_job_is_updated_whatever_is_lost(target: Target, kind: str) -> None:
    job, _ = jobs_of(target).create(new_job())
    lose(target, kind, "psasync_jobs", method="PATCH")

    jobs_of(target).update(job.id, state=JobState.SUCCEEDED)

    def check() -> None:
        read = jobs_of(target).read(job.id)
        assert read is not None
        assert read[0].state is JobState.SUCCEEDED

    eventually_still(target, check, kind)


def test_items_are_listed_by_outcome_and_position(target: Target) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(6))
    ids = [item.id for item in repository.items(job.id)]
    repository.settle_items([JobItemChange(ids[2], ItemOutcome.UNKNOWN, "c", "m", None, None)])

    assert [item.position for item in repository.items(job.id, outcome=["unknown", "failed"])] == [2]
    assert [item.position for item in repository.items(job.id, outcome=["pending"], after=1, limit=2)] == [3, 4]


def test_open_chunks_follow_age_outcome_and_state_of_the_job(target: Target) -> None:
    repository = jobs_of(target)
    start = datetime(2026, 1, 31, 8, tzinfo=UTC)
    states = [JobState.RUNNING, JobState.PREPARING, JobState.FAILED, JobState.CANCELLED]
    target.control("POST", "clock", {"now": start.isoformat()})
    for number, state in enumerate(states):
        job, _ = repository.create(new_job(number, state=state))
        repository.add_items(job.id, new_items(30))
        items = repository.items(job.id)
        # chunk 0: one unknown; chunk 1: all settled; chunk 2: all pending
        settled = [JobItemChange(item.id, ItemOutcome.CREATED, None, "", 7, 3) for item in items[1:20]]
        repository.settle_items([JobItemChange(items[0].id, ItemOutcome.UNKNOWN, None, "", None, None), *settled])

    def found(unknown_minutes: int, pending_minutes: int) -> set[tuple[str, int]]:
        with target.counted(1):
            chunks = repository.open_chunks(
                unknown_since=start + timedelta(minutes=unknown_minutes),
                pending_since=start + timedelta(minutes=pending_minutes),
            )
        assert all(abs(chunk.oldest_change - start) < timedelta(minutes=1) for chunk in chunks)
        return {(chunk.job_id, chunk.chunk) for chunk in chunks}

    running, failed, cancelled = guid("job", 0), guid("job", 2), guid("job", 3)
    unknown = {(running, 0), (failed, 0), (cancelled, 0)}
    pending = {(running, 2), (failed, 2)}
    assert found(5, 5) == unknown | pending
    assert found(5, -5) == unknown
    assert found(-5, 5) == pending
    assert found(-5, -5) == set()


def test_pending_chunks_of_a_job_that_was_sent_again_rest_and_unknown_ones_do_not(target: Target) -> None:
    repository = jobs_of(target)
    start = datetime(2026, 1, 31, 8, tzinfo=UTC)
    target.control("POST", "clock", {"now": start.isoformat()})
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(20))
    item = repository.items(job.id)[0]
    repository.settle_items([JobItemChange(item.id, ItemOutcome.UNKNOWN, None, "", None, None)])
    repository.update(job.id, requeued_on=start + timedelta(minutes=10), queued_chunk=1)

    def found(minutes: int) -> set[tuple[int, ItemOutcome]]:
        since = start + timedelta(minutes=minutes)
        return {
            (chunk.chunk, chunk.outcome) for chunk in repository.open_chunks(unknown_since=since, pending_since=since)
        }

    unknown, pending = (0, ItemOutcome.UNKNOWN), {(0, ItemOutcome.PENDING), (1, ItemOutcome.PENDING)}
    assert found(9) == {unknown}
    assert found(10) == {unknown} | pending
    read = repository.read(job.id)
    assert read is not None
    assert (read[0].queued_chunk, read[0].requeued_on) == (1, start + timedelta(minutes=10))


def test_progress_names_the_later_chunks_that_hold_pending_items(target: Target) -> None:
    repository = jobs_of(target)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(60))
    done = [item.id for item in repository.items(job.id) if item.chunk == 3]
    repository.settle_items([JobItemChange(item_id, ItemOutcome.FAILED, None, "", None, None) for item_id in done])

    with target.counted(1):
        progress = repository.read_progress(job.id, behind=1)
    assert progress is not None
    assert progress.open_behind == [2, 4, 5]
    assert (progress.job.id, progress.job.queued_chunk) == (job.id, None)
    assert (progress.counts.total, progress.counts.of(ItemOutcome.FAILED)) == (60, 10)
    assert repository.read_progress(guid("job", 99), behind=0) is None


def test_jobs_that_are_still_in_preparation_are_found(target: Target) -> None:
    repository = jobs_of(target)
    repository.create(new_job(1))
    preparing, _ = repository.create(new_job(2, state=JobState.PREPARING))
    now = repository.server_time().at

    in_preparation = repository.unchanged_jobs({JobState.PREPARING}, now + timedelta(minutes=1))
    assert [job.id for job in in_preparation] == [preparing.id]
    assert repository.unchanged_jobs({JobState.PREPARING}, now - timedelta(minutes=1)) == []
