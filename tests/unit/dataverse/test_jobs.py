"""Jobs and their items, with and without faults."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse import errors
from dataverse.psasync.jobs import JobRepository
from dataverse.psasync.records import (
    ItemOutcome,
    JobItemChange,
    JobItemId,
    JobState,
    NewJobItem,
    OpenChunk,
    OutcomeCounts,
    SourceId,
)
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.samples import CLERK, CONNECTOR, JOB, NOW, line_id, log_entry, new_job
from tests.unit.dataverse.wire import Reply, ScriptedTransport, batch_reply, client_of, error_reply, json_reply

pytestmark = pytest.mark.unit

FAULTS = st.lists(
    st.sampled_from(["drop_before", "drop_after", "late 1", "late 2", "late 9", "503", "500"]), max_size=3
)


def jobs_of(transport: object) -> JobRepository:
    return JobRepository(client_of(transport))


def new_items(count: int, *, first: int = 0) -> list[NewJobItem]:
    return [
        NewJobItem(position=position, chunk=position // 2, source_id=SourceId(line_id(position)), action="push")
        for position in range(first, first + count)
    ]


# --- create


def test_a_new_job_is_created_with_the_callers_id_and_returned() -> None:
    dataverse = MiniDataverse()
    wanted = new_job()

    job, created = jobs_of(dataverse).create(wanted)

    assert created
    assert (job.id, job.connector_id, job.requested_by) == (wanted.id, CONNECTOR, CLERK)
    assert (job.state, job.total, job.request_key) == (JobState.PREPARING, 3, "k" * 64)
    assert job.created_on == datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert job.message is None
    assert job.started_on is None
    (request,) = dataverse.requests
    assert (request.method, request.headers["Prefer"]) == ("POST", "return=representation")
    assert request.body["psasync_connectorid@odata.bind"] == f"/psasync_connectors({CONNECTOR})"


def test_a_second_job_with_the_same_request_key_is_the_first() -> None:
    dataverse = MiniDataverse()
    first, _ = jobs_of(dataverse).create(new_job(1))

    second, created = jobs_of(dataverse).create(new_job(2))

    assert not created
    assert second == first
    assert len(dataverse.tables["psasync_jobs"]) == 1


@given(faults=FAULTS)
def test_a_job_is_created_once_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse(faults)

    job, created = jobs_of(dataverse).create(new_job())
    dataverse.commit_late()

    assert created
    assert list(dataverse.tables["psasync_jobs"]) == [job.id]


def test_a_job_whose_creation_stays_unanswered_raises() -> None:
    with pytest.raises(errors.NoAnswer):
        jobs_of(MiniDataverse(["drop_before"] * 5)).create(new_job())


def test_a_job_is_found_although_the_last_answer_was_lost_too() -> None:
    job, created = jobs_of(MiniDataverse(["drop_after", *["drop_before"] * 4])).create(new_job())

    assert (job.id, created) == (new_job().id, True)


def test_an_answer_without_the_row_is_looked_up() -> None:
    dataverse = MiniDataverse()
    jobs_of(dataverse).create(new_job())
    row = next(iter(dataverse.tables["psasync_jobs"].values()))

    job, created = jobs_of(ScriptedTransport(Reply(204), json_reply(row))).create(new_job())

    assert (job.id, created) == (new_job().id, True)


# --- items


def test_items_are_written_a_thousand_a_request() -> None:
    dataverse = MiniDataverse()

    jobs_of(dataverse).add_items(JOB, new_items(1_001))

    assert [len(request.body["Targets"]) for request in dataverse.requests] == [1_000, 1]
    assert dataverse.requests[0].url.endswith("/psasync_jobitems/Microsoft.Dynamics.CRM.CreateMultiple")
    assert dataverse.requests[0].body["Targets"][3] == {
        "@odata.type": "Microsoft.Dynamics.CRM.psasync_jobitem",
        "psasync_jobid@odata.bind": f"/psasync_jobs({JOB})",
        "psasync_name": line_id(3),
        "psasync_position": 3,
        "psasync_chunk": 1,
        "psasync_sourceid": line_id(3),
        "psasync_outcome": 451000000,
        "psasync_action": "push",
    }


def test_an_item_that_is_settled_at_once_keeps_what_it_says() -> None:
    dataverse = MiniDataverse()
    item = NewJobItem(
        position=0,
        chunk=0,
        source_id=None,
        action="push",
        outcome=ItemOutcome.FAILED,
        psa_id=7,
        code="line_missing",
        message="There is no such line.",
        previewed_amount=Decimal("1.50"),
        invoice_id=line_id(9),
    )

    jobs_of(dataverse).add_items(JOB, [item, NewJobItem(position=1, chunk=0, source_id=None, action="push")])

    first, second = jobs_of(dataverse).items(JOB)
    assert (first.outcome, first.code, first.message) == (ItemOutcome.FAILED, "line_missing", "There is no such line.")
    assert (first.source_id, first.psa_id, first.previewed_amount) == (None, 7, Decimal("1.50"))
    assert (first.invoice_id, first.job_id, first.action) == (line_id(9), JOB, "push")
    names = [target["psasync_name"] for target in dataverse.requests[0].body["Targets"]]
    assert names == ["PSA 7", "#1"]
    assert (second.code, second.message) == (None, "")


@given(faults=FAULTS, there=st.integers(0, 3))
def test_each_position_is_written_once_whatever_the_faults(faults: list[str], there: int) -> None:
    dataverse = MiniDataverse()
    jobs_of(dataverse).add_items(JOB, new_items(there, first=1))
    dataverse.faults.extend(faults)

    jobs_of(dataverse).add_items(JOB, new_items(4))
    dataverse.commit_late()

    positions = sorted(row["psasync_position"] for row in dataverse.tables["psasync_jobitems"].values())
    assert positions == [0, 1, 2, 3]


def test_items_that_repeat_a_position_are_refused() -> None:
    with pytest.raises(errors.DuplicateRow):
        jobs_of(MiniDataverse()).add_items(JOB, new_items(2) + new_items(1))


@given(faults=FAULTS)
def test_all_items_of_the_job_are_removed_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse()
    other = new_job().id
    jobs_of(dataverse).add_items(JOB, new_items(3))
    jobs_of(dataverse).add_items(other, new_items(1))
    dataverse.faults.extend(["ok", *faults])

    jobs_of(dataverse).remove_items(JOB)

    assert [row["_psasync_jobid_value"] for row in dataverse.tables["psasync_jobitems"].values()] == [other]


def test_removing_items_of_a_job_without_items_is_one_read() -> None:
    dataverse = MiniDataverse()

    jobs_of(dataverse).remove_items(JOB)

    assert [request.method for request in dataverse.requests] == ["GET"]


# --- read


def job_row() -> dict[str, object]:
    dataverse = MiniDataverse()
    jobs_of(dataverse).create(new_job())
    return dict(next(iter(dataverse.tables["psasync_jobs"].values())))


def test_a_job_and_its_counts_come_in_one_request() -> None:
    groups = [{"psasync_outcome": 451000001, "items": 5}, {"psasync_outcome": 451000000, "items": 2}]
    transport = ScriptedTransport(batch_reply(json_reply(job_row()), json_reply({"value": groups})))

    read = jobs_of(transport).read(JOB)

    assert read is not None
    job, counts = read
    assert job.id == new_job().id
    assert counts == OutcomeCounts({ItemOutcome.CREATED: 5, ItemOutcome.PENDING: 2})
    assert unquote(transport.sent[0].parts[1].target).endswith(
        f"?$apply=filter(_psasync_jobid_value eq {JOB})/groupby((psasync_outcome),aggregate($count as items))"
    )


def test_a_job_that_does_not_exist_is_none() -> None:
    missing = batch_reply(error_reply(404, "0x80040217"), json_reply({"value": []}))

    assert jobs_of(ScriptedTransport(missing)).read(JOB) is None
    assert jobs_of(ScriptedTransport(missing)).items_of_chunk(JOB, 0) is None


def test_a_chunk_comes_with_its_job_in_one_request_and_in_order() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    job, _ = repository.create(new_job())
    repository.add_items(job.id, new_items(4)[::-1])
    dataverse.requests.clear()

    found = repository.items_of_chunk(job.id, 1)

    assert found is not None
    assert found[0] == job
    assert [(item.position, item.chunk, item.source_id) for item in found[1]] == [
        (2, 1, line_id(2)),
        (3, 1, line_id(3)),
    ]
    assert len(dataverse.requests) == 1


def test_items_are_listed_by_outcome_after_a_position() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(5))
    ids = [item.id for item in repository.items(JOB)]
    repository.settle_items([change_of(ids[1]), change_of(ids[3], ItemOutcome.UNKNOWN)])

    def positions(**options: object) -> list[int]:
        return [item.position for item in repository.items(JOB, **options)]  # type: ignore[arg-type]

    assert positions() == [0, 1, 2, 3, 4]
    assert positions(outcome=["created", "unknown"]) == [1, 3]
    assert positions(outcome=["pending"], after=0, limit=1) == [2]
    assert "$top=1" in dataverse.requests[-1].url
    assert "Prefer" not in dataverse.requests[-1].headers


def test_at_most_a_page_of_items_is_asked_for() -> None:
    dataverse = MiniDataverse()

    jobs_of(dataverse).items(JOB, limit=100_000)

    assert dataverse.requests[0].url.endswith("$top=5000")


def test_an_outcome_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="done"):
        jobs_of(MiniDataverse()).items(JOB, outcome=["done"])


# --- update


def test_only_the_given_columns_of_a_job_are_written() -> None:
    transport = ScriptedTransport(Reply(204), Reply(204), Reply(204))
    repository = jobs_of(transport)
    counts = OutcomeCounts(
        {outcome: number for number, outcome in enumerate(ItemOutcome, start=1)}  # pending 1, created 2, ... unknown 7
    )

    repository.update(JOB, state=JobState.RUNNING, started_on=NOW + timedelta(microseconds=1))
    repository.update(JOB, counts=counts, total=28)
    repository.update(JOB, message="m" * 5_000, ended_on=NOW, requeued_on=NOW, queued_chunk=0)
    repository.update(JOB)

    first, second, third = transport.sent
    assert first.body == {"psasync_state": 451000001, "psasync_startedon": "2026-01-31T08:00:00Z"}
    assert first.headers["If-Match"] == "*"
    assert first.url.endswith(f"psasync_jobs({JOB})")
    assert second.body == {
        "psasync_total": 28,
        "psasync_done": 20,
        "psasync_created": 2,
        "psasync_updated": 3,
        "psasync_unchanged": 4,
        "psasync_skipped": 5,
        "psasync_failed": 6,
        "psasync_unknown": 7,
    }
    assert len(third.body["psasync_message"]) == 4_000
    assert third.body["psasync_queuedchunk"] == 0
    assert third.body["psasync_endedon"] == third.body["psasync_requeuedon"] == "2026-01-31T08:00:00Z"


def test_a_job_that_does_not_exist_is_not_created_by_an_update() -> None:
    with pytest.raises(errors.RowNotFound):
        jobs_of(MiniDataverse()).update(JOB, total=1)


# --- settle


def change_of(item_id: JobItemId, outcome: ItemOutcome = ItemOutcome.CREATED, message: str = "done") -> JobItemChange:
    return JobItemChange(id=item_id, outcome=outcome, code=None, message=message, psa_id=7, psa_parent_id=3)


@given(faults=FAULTS)
def test_items_are_settled_and_logged_once_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(2))
    ids = [item.id for item in repository.items(JOB)]
    dataverse.faults.extend(faults)

    repository.settle_items([change_of(item_id) for item_id in ids], [log_entry(), log_entry()])
    dataverse.commit_late()

    assert {(item.outcome, item.psa_id, item.psa_parent_id, item.message) for item in repository.items(JOB)} == {
        (ItemOutcome.CREATED, 7, 3, "done")
    }
    assert len(dataverse.tables["psasync_logentries"]) == 2


def test_items_and_log_share_one_request() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(200))
    ids = [item.id for item in repository.items(JOB, limit=200)]
    dataverse.requests.clear()

    repository.settle_items([change_of(item_id) for item_id in ids], [log_entry()] * 200)

    (request,) = dataverse.requests
    assert len(request.parts) == 201
    assert request.parts[0].headers["If-Match"] == "*"


def test_a_refused_item_raises_when_the_others_are_written() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(1))
    (item,) = repository.items(JOB)

    with pytest.raises(errors.RowNotFound):
        repository.settle_items([change_of(JobItemId(line_id(77))), change_of(item.id)])

    assert repository.items(JOB)[0].outcome is ItemOutcome.CREATED


def test_settling_nothing_is_no_request() -> None:
    jobs_of(ScriptedTransport()).settle_items([])


# --- fail what is still pending


@given(faults=FAULTS)
def test_pending_items_fail_and_are_counted_once_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(4))
    ids = [item.id for item in repository.items(JOB)]
    repository.settle_items([change_of(ids[0])])
    dataverse.faults.extend(["ok", *faults])

    failed = repository.fail_open_items(JOB, code="job_stopped", message="Correct the keys.")
    dataverse.commit_late()

    assert failed == 3
    assert [(item.outcome, item.code) for item in repository.items(JOB)] == [
        (ItemOutcome.CREATED, None),
        *[(ItemOutcome.FAILED, "job_stopped")] * 3,
    ]


def test_only_the_items_of_the_chunk_fail_when_one_is_given() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(4))

    assert repository.fail_open_items(JOB, code="c", message="m", chunk=1) == 2
    assert [item.position for item in repository.items(JOB, outcome=["failed"])] == [2, 3]


def test_an_item_that_a_worker_settles_at_the_same_moment_keeps_that_outcome() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    repository.add_items(JOB, new_items(2))
    first, _ = repository.items(JOB)
    listed = dataverse.answer

    def settle_after_listing(sent: object) -> Reply:
        dataverse.answer = listed  # type: ignore[method-assign]
        reply = listed(sent)  # type: ignore[arg-type]
        repository.settle_items([change_of(first.id)])
        return reply

    dataverse.answer = settle_after_listing  # type: ignore[method-assign, assignment]

    assert repository.fail_open_items(JOB, code="c", message="m") == 1
    assert [item.outcome for item in repository.items(JOB)] == [ItemOutcome.CREATED, ItemOutcome.FAILED]


def test_a_missing_privilege_to_fail_items_raises() -> None:
    row = {"psasync_jobitemid": line_id(1), "@odata.etag": 'W/"1"'}
    transport = ScriptedTransport(json_reply({"value": [row]}), batch_reply(error_reply(403, "0x80040220")))

    with pytest.raises(errors.PermissionDenied):
        jobs_of(transport).fail_open_items(JOB, code="c", message="m")


def test_failing_nothing_is_one_read() -> None:
    dataverse = MiniDataverse()

    assert jobs_of(dataverse).fail_open_items(JOB, code="c", message="m") == 0
    assert len(dataverse.requests) == 1


# --- what the timer asks for


def test_open_chunks_are_grouped_by_dataverse_in_one_request() -> None:
    group = {
        "_psasync_jobid_value": JOB,
        "psasync_chunk": 4,
        "psasync_outcome": 451000000,
        "oldest": "2026-01-31T07:00:00Z",
    }
    transport = ScriptedTransport(json_reply({"value": [group]}))

    chunks = jobs_of(transport).open_chunks(unknown_since=NOW, pending_since=NOW - timedelta(hours=1))

    assert chunks == [OpenChunk(JOB, 4, ItemOutcome.PENDING, NOW - timedelta(hours=1))]
    assert unquote(transport.sent[0].url).partition("$apply=")[2] == (
        "filter(psasync_jobid/psasync_state ne 451000006 and "
        "((psasync_outcome eq 451000006 and modifiedon le 2026-01-31T08:00:00Z) or "
        "(psasync_outcome eq 451000000 and modifiedon le 2026-01-31T07:00:00Z"
        " and psasync_jobid/psasync_state ne 451000005"
        " and (psasync_jobid/psasync_requeuedon eq null or psasync_jobid/psasync_requeuedon le 2026-01-31T07:00:00Z))))"
        "/groupby((_psasync_jobid_value,psasync_chunk,psasync_outcome),aggregate(modifiedon with min as oldest))"
    )


def test_progress_is_read_in_one_request() -> None:
    dataverse = MiniDataverse()
    assert jobs_of(dataverse).read_progress(JOB, behind=4) is None
    assert len(dataverse.requests) == 1


def test_unchanged_jobs_are_those_in_the_states_that_nobody_wrote_to() -> None:
    dataverse = MiniDataverse()
    repository = jobs_of(dataverse)
    prepared, _ = repository.create(new_job(1, request_key="a"))
    interrupted, _ = repository.create(new_job(2, request_key="b"))
    repository.update(prepared.id, state=JobState.QUEUED)

    in_preparation = repository.unchanged_jobs({JobState.PREPARING}, NOW + timedelta(hours=1))
    assert [job.id for job in in_preparation] == [interrupted.id]
    assert repository.unchanged_jobs({JobState.PREPARING}, NOW - timedelta(hours=1)) == []


def test_the_servers_time_is_dataverses_own() -> None:
    assert jobs_of(ScriptedTransport(json_reply({}))).server_time().at == datetime(2026, 1, 31, 8, tzinfo=UTC)
