"""Bodies of the API: every fault is named, money is text, and what is shown is what is stored."""

from typing import Any

import pytest
from pydantic import ValidationError

from dataverse.psasync.records import ItemOutcome, JobState, OutcomeCounts
from tests import builders
from triggers.models import item_json, job_json
from triggers.problems import problem_from_validation
from triggers.push_models import MOST_ITEMS, PreviewBody, PushBody

pytestmark = pytest.mark.unit

LINE = "A0000000-0000-4000-8000-000000000001"


def body(**members: Any) -> dict[str, Any]:
    default = {
        "connector_id": builders.CONNECTOR_ID,
        "kind": "invoice_line",
        "items": [{"id": LINE, "action": "push"}],
        "idempotency_key": "key-1",
    }
    return default | members


def test_ids_reach_the_rules_in_lower_case() -> None:
    request = PushBody.model_validate(body()).request(builders.USER_ID)
    assert request.record_ids == [LINE.lower()]


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"items": []}, "items"),
        ({"items": [{"id": "no guid", "action": "push"}]}, "items.0.id"),
        ({"items": [{"id": LINE, "action": "create"}]}, "items.0.action"),
        ({"items": [{"id": LINE, "action": "push", "colour": "red"}]}, "items.0.colour"),
        ({"kind": "company"}, "kind"),
        ({"kind": "product"}, "items.0.action"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "   "}, "idempotency_key"),
        ({"idempotency_key": "x" * 201}, "idempotency_key"),
        ({"connector_id": 7}, "connector_id"),
        ({"previewed_amounts": {LINE: "1e5"}}, "previewed_amounts"),
        ({"previewed_amounts": {"x": "1.00"}}, "previewed_amounts"),
        ({"surprise": True}, "surprise"),
    ],
)
def test_each_fault_of_a_body_is_named_by_its_path(members: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PushBody.model_validate(body(**members))
    problem = problem_from_validation(refusal.value)
    assert problem.status == 400
    assert any(fault.path.startswith(path) for fault in problem.faults)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refusal:
        PushBody.model_validate({"kind": "x", "items": []})
    paths = {fault.path for fault in problem_from_validation(refusal.value).faults}
    assert paths == {"connector_id", "kind", "items", "idempotency_key"}


def test_more_records_than_a_request_may_hold_are_refused() -> None:
    with pytest.raises(ValidationError):
        PushBody.model_validate(body(items=[{"id": LINE}] * (MOST_ITEMS + 1)))


def test_a_preview_needs_no_idempotency_key() -> None:
    members = body()
    del members["idempotency_key"]
    assert PreviewBody.model_validate(members).record_ids == [LINE.lower()]


def test_a_job_shows_state_and_counts_of_its_items() -> None:
    counts = OutcomeCounts({ItemOutcome.CREATED: 3, ItemOutcome.SKIPPED: 1, ItemOutcome.PENDING: 2})
    shown = job_json(builders.job(total=6), counts)
    assert shown["state"] == "running"
    assert shown["counts"] == {
        "total": 6,
        "done": 4,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "skipped": 1,
        "failed": 0,
        "unknown": 0,
    }


def test_a_job_in_preparation_is_queued_for_the_caller() -> None:
    assert job_json(builders.job(state=JobState.PREPARING), OutcomeCounts({}))["state"] == "queued"


def test_an_item_has_the_members_that_outside_programs_rely_on() -> None:
    shown = item_json(builders.job_item(outcome=ItemOutcome.SKIPPED, code="zero_quantity", message="No."))
    assert {name: shown[name] for name in ("id", "psa_id", "outcome", "code", "message")} == {
        "id": builders.LINE_ID,
        "psa_id": None,
        "outcome": "skipped",
        "code": "zero_quantity",
        "message": "No.",
    }
