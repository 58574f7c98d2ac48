"""The push through the real parts: HTTP and queue triggers, both clients, Azurite and the emulators."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider, billed, until

pytestmark = pytest.mark.emulator

WORK_QUEUE = "psasync-work"
AGREEMENTS = [bulk.agreement_id(0), bulk.agreement_id(1)]
POST_ADDITION = {"method": "POST", "path": "/additions"}


def lines(count: int) -> list[str]:
    return [bulk.line_id(number) for number in range(count)]


def nets(outsider: Outsider) -> dict[str, Decimal]:
    return {
        row["invoicedetailid"]: Decimal(row["baseamount"]) - Decimal(row.get("manualdiscountamount") or 0)
        for row in outsider.rows("invoicedetails")
    }


def assert_each_once_to_the_cent(outsider: Outsider, line_ids: list[str]) -> None:
    amounts: dict[str, list[Decimal]] = {}
    for addition in outsider.additions(AGREEMENTS):
        amounts.setdefault(addition["serialNumber"], []).append(round(billed(addition), 2))
    expected = nets(outsider)
    assert amounts == {line_id: [expected[line_id]] for line_id in line_ids}


def test_a_save_of_25_lines_runs_in_the_request(outsider: Outsider) -> None:
    answer = outsider.push(lines(25))
    assert answer.status_code == 200
    body = answer.json()
    assert body["state"] == "succeeded"
    assert body["counts"]["created"] == body["counts"]["total"] == 25
    assert [item["id"] for item in body["items"]] == lines(25)
    assert_each_once_to_the_cent(outsider, lines(25))


def test_a_line_is_synced_in_our_table_and_in_work365(outsider: Outsider) -> None:
    (item,) = outsider.push(lines(1)).json()["items"]
    (mapping,) = [row for row in outsider.rows("psasync_mappings") if row["psasync_sourceid"] == lines(1)[0]]
    assert mapping["psasync_status"] == 451000003
    assert mapping["psasync_psaid"] == item["psa_id"]
    assert mapping["_psasync_invoicelineid_value"] == lines(1)[0]
    assert Decimal(mapping["psasync_pushedamount"]) == nets(outsider)[lines(1)[0]]
    assert mapping.get("psasync_claimeduntil") is None
    (line,) = [row for row in outsider.rows("invoicedetails") if row["invoicedetailid"] == lines(1)[0]]
    assert line["work365_invoiceproduct_psasystem_id"] == str(item["psa_id"])
    assert line["work365_invoiceproduct_psasystem_syncstatus"] == "Synced"
    assert line["work365_invoiceproduct_psasystem_syncmessage"] == item["message"]


def test_work365_sees_the_person_and_not_the_app_as_the_editor(outsider: Outsider) -> None:
    outsider.push(lines(1))
    (line,) = [row for row in outsider.rows("invoicedetails") if row["invoicedetailid"] == lines(1)[0]]
    assert line["_modifiedby_value"] == "44444444-4444-4444-8444-000000000002"
    assert line["_modifiedonbehalfby_value"] == "44444444-4444-4444-8444-000000000009"


def test_more_than_25_lines_go_through_the_queue(outsider: Outsider) -> None:
    answer = outsider.push(lines(26))
    assert answer.status_code == 202
    assert answer.json()["state"] in {"queued", "running", "succeeded"}
    job = outsider.wait_for_job(answer.json()["job_id"])
    assert (job["state"], job["counts"]["created"]) == ("succeeded", 26)
    assert_each_once_to_the_cent(outsider, lines(26))


def test_invoices_stand_for_all_their_lines(outsider: Outsider) -> None:
    answer = outsider.push([bulk.invoice_id(0), bulk.invoice_id(1)], kind="invoice")
    job = outsider.wait_for_job(answer.json()["job_id"])
    assert job["counts"]["created"] == 30
    assert_each_once_to_the_cent(outsider, lines(30))


def test_the_same_key_is_the_same_job_and_a_new_key_pushes_nothing_twice(outsider: Outsider) -> None:
    first = outsider.push(lines(3), key="one").json()
    assert outsider.push(lines(3), key="one").json()["job_id"] == first["job_id"]
    second = outsider.push(lines(3), key="two").json()
    assert second["job_id"] != first["job_id"]
    assert {item["code"] for item in second["items"]} == {"already_synced"}
    assert_each_once_to_the_cent(outsider, lines(3))


def test_a_key_used_for_something_else_is_a_409(outsider: Outsider) -> None:
    outsider.push(lines(1), key="one")
    answer = outsider.push(lines(2), key="one")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_an_unknown_line_fails_with_a_sentence_and_the_rest_go_on(outsider: Outsider) -> None:
    foreign = str(uuid.uuid4())
    body = outsider.push([foreign, lines(1)[0]]).json()
    by_id = {item["id"]: item for item in body["items"]}
    assert (by_id[foreign]["outcome"], by_id[foreign]["code"]) == ("failed", "line_not_found")
    assert by_id[lines(1)[0]]["outcome"] == "created"
    assert body["state"] == "partly_failed"


def test_the_preview_shows_the_push_and_writes_nothing(outsider: Outsider) -> None:
    answer = outsider.call("POST", "push/preview", outsider.push_body(lines(2)))
    assert answer.status_code == 200
    body = answer.json()
    assert {item["action"] for item in body["items"]} == {"create"}
    expected = sum((nets(outsider)[line_id] for line_id in lines(2)), Decimal(0))
    assert body["totals"] == [{"currency": "USD", "work365": f"{expected:f}", "connectwise": f"{expected:f}"}]
    assert not outsider.additions(AGREEMENTS)
    assert not outsider.rows("psasync_jobs")
    assert not [row for row in outsider.rows("psasync_mappings") if row["psasync_kind"] == 451000003]


def test_a_line_edited_after_the_preview_is_pushed_as_it_is_and_the_difference_is_said(outsider: Outsider) -> None:
    line_id = lines(1)[0]
    body = outsider.push_body([line_id]) | {"previewed_amounts": {line_id: "0.25"}}
    (item,) = outsider.call("POST", "push", body).json()["items"]
    assert "The preview showed 0.25; the line was changed since" in item["message"]
    assert_each_once_to_the_cent(outsider, [line_id])


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"items": []}, {"items"}),
        ({"kind": "company", "connector_id": "x"}, {"kind", "connector_id"}),
        ({"items": [{"id": "x", "action": "fly"}]}, {"items.0.id", "items.0.action"}),
        ({"idempotency_key": None}, {"idempotency_key"}),
        ({"more": 1}, {"more"}),
    ],
)
def test_a_body_that_is_not_valid_is_a_400_that_names_every_fault(
    outsider: Outsider, changes: dict[str, Any], paths: set[str]
) -> None:
    answer = outsider.call("POST", "push", outsider.push_body(lines(1)) | changes)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert {fault["path"] for fault in answer.json()["errors"]} == paths


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_a_400(outsider: Outsider, content: bytes) -> None:
    answer = outsider.call("POST", "push", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


def test_an_unknown_connector_is_a_404(outsider: Outsider) -> None:
    answer = outsider.call("POST", "push", outsider.push_body(lines(1)) | {"connector_id": str(uuid.uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (404, "connector_not_found")


def test_callers_without_a_token_or_role_are_turned_away_and_health_is_open(outsider: Outsider) -> None:
    assert outsider.call("POST", "push", {}, user=None).status_code == 401
    assert outsider.call("POST", "push", {}, user="reader").json()["code"] == "role_missing"
    assert outsider.call("GET", "health", user=None).status_code == 200
    assert outsider.call("GET", "health/ready", user=None).status_code == 401
    assert outsider.call("GET", "health/ready", user="reader").status_code == 200


def test_a_job_that_does_not_exist_is_a_404_and_items_are_filtered_and_paged(outsider: Outsider) -> None:
    assert outsider.call("GET", f"jobs/{uuid.uuid4()}").json()["code"] == "job_not_found"
    assert outsider.call("GET", "jobs/none").status_code == 404
    job_id = outsider.push([*lines(4), str(uuid.uuid4())]).json()["job_id"]
    page = outsider.call("GET", f"jobs/{job_id}/items?outcome=created&limit=3").json()
    rest = outsider.call("GET", f"jobs/{job_id}/items?outcome=created&limit=3&cursor={page['next_cursor']}").json()
    assert [item["id"] for item in [*page["items"], *rest["items"]]] == lines(4)
    assert rest["next_cursor"] is None
    assert len(outsider.call("GET", f"jobs/{job_id}/items?outcome=failed").json()["items"]) == 1
    for query in ("outcome=odd", "limit=0", "limit=x", "cursor=x", "limit=1001"):
        assert outsider.call("GET", f"jobs/{job_id}/items?{query}").status_code == 400


def test_an_answer_that_is_lost_after_the_commit_leads_to_one_addition(outsider: Outsider) -> None:
    outsider.control("connectwise", "POST", "faults", {"match": POST_ADDITION, "kind": "drop_after_commit", "times": 1})
    body = outsider.push(lines(2)).json()
    assert sorted(item["outcome"] for item in body["items"]) == ["created", "unknown"]
    assert body["state"] == "running"
    job = outsider.wait_for_job(body["job_id"])
    assert job["counts"]["created"] == 2
    assert_each_once_to_the_cent(outsider, lines(2))


def test_a_write_that_commits_after_the_client_gave_up_leads_to_one_addition(outsider: Outsider) -> None:
    fault = {"match": POST_ADDITION, "kind": "commit_late", "delay_ms": 2500, "times": 1}
    outsider.control("connectwise", "POST", "faults", fault)
    job_id = outsider.push(lines(1)).json()["job_id"]
    outsider.wait_for_job(job_id)
    assert_each_once_to_the_cent(outsider, lines(1))


def test_the_timer_settles_an_unknown_line_whose_message_was_lost(outsider: Outsider) -> None:
    outsider.control("connectwise", "POST", "faults", {"match": POST_ADDITION, "kind": "drop_after_commit", "times": 1})
    job_id = outsider.push(lines(1)).json()["job_id"]
    outsider.control("dataverse", "POST", "clock", {"advance_seconds": 60})

    def settled() -> bool:
        outsider.fire_timer("reopen_unsettled")
        return outsider.job(job_id)["state"] == "succeeded"

    until(settled, seconds=60, pause=0.5)
    assert_each_once_to_the_cent(outsider, lines(1))


def test_wrong_keys_stop_the_job_and_all_items_carry_the_same_sentence(outsider: Outsider) -> None:
    fault = {"match": {"path": "/finance/agreements"}, "kind": "status", "status": 401}
    outsider.control("connectwise", "POST", "faults", fault)
    job = outsider.wait_for_job(outsider.push(lines(30)).json()["job_id"])
    items = outsider.items(job["job_id"])
    assert job["state"] == "failed"
    assert {item["outcome"] for item in items} == {"failed"}
    assert {item["message"] for item in items} == {
        "ConnectWise refused the API keys; enter valid keys for this connector and try again."
    }
    assert not outsider.additions(AGREEMENTS)


def test_a_message_that_is_not_ours_is_parked_without_harm(outsider: Outsider) -> None:
    from azure.storage.queue import QueueClient, TextBase64EncodePolicy

    parked = outsider.messages_in(f"{WORK_QUEUE}-parked")
    outsider.wait_for_job(outsider.push(lines(26)).json()["job_id"])
    client = QueueClient.from_connection_string(
        outsider.stack.storage, WORK_QUEUE, api_version="2025-11-05", message_encode_policy=TextBase64EncodePolicy()
    )
    with client:
        client.send_message('{"who": "me"}', visibility_timeout=0)
    until(lambda: outsider.messages_in(f"{WORK_QUEUE}-parked") == parked + 1, seconds=60, pause=0.5)
    assert outsider.push([lines(30)[29]]).json()["state"] == "succeeded"


def test_a_thousand_lines_on_twenty_agreements_cost_few_requests(outsider: Outsider) -> None:
    """At most 1.05 ConnectWise and 0.10 Dataverse requests a line, counted by the emulators."""
    outsider.replace_rows(bulk.build(lines=1000, agreements=20))
    outsider.control("connectwise", "DELETE", "requests")
    outsider.control("dataverse", "DELETE", "requests")
    job_id = outsider.push([bulk.invoice_id(number) for number in range(20)], kind="invoice").json()["job_id"]
    outsider.wait_uncounted(job_id)
    assert sum(outsider.counts("connectwise").values()) <= 1050
    assert sum(outsider.counts("dataverse").values()) <= 100
    assert len(outsider.additions([bulk.agreement_id(number) for number in range(20)])) == 1000
