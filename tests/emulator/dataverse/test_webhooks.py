"""Webhooks that really call out (dataverse.md 14)."""

import asyncio
from typing import Any

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, APPLICATION, BILLING, BILLING_OBJECT, INVOICE, Organization
from tests.emulator.dataverse.receiver import Receiver
from tests.emulator.dataverse.webhook_steps import act, register

pytestmark = pytest.mark.emulator


def test_an_update_is_sent_with_context_headers_and_key(org: Organization, receiver: Receiver) -> None:
    """Section 14: headers, body, WebhookKey in the query."""
    step = register(org, receiver.url, "Update", "invoice")
    act(
        org,
        (
            "PATCH",
            f"invoices({INVOICE})",
            {"totalamount": 1250.5, "statuscode": 4, "duedate": "2025-12-31"},
            {"CallerObjectId": BILLING_OBJECT},
        ),
    )
    [call] = receiver.calls
    assert call.path == "/hook?code=k%26y"
    assert call.headers["x-ms-dynamics-organization"] == "127.0.0.1:80"
    assert call.headers["x-ms-dynamics-entity-name"] == "invoice"
    assert call.headers["x-ms-dynamics-request-name"] == "Update"
    assert call.headers["x-ms-correlation-request-id"] == call.body["CorrelationId"]
    assert (call.body["MessageName"], call.body["PrimaryEntityName"], call.body["PrimaryEntityId"]) == (
        "Update",
        "invoice",
        INVOICE,
    )
    assert (call.body["Mode"], call.body["Stage"], call.body["Depth"]) == (1, 40, 1)
    assert (call.body["UserId"], call.body["InitiatingUserId"]) == (BILLING, APPLICATION)
    assert call.body["OwningExtension"]["Id"] == step
    assert call.target["totalamount"] == {
        "__type": "Money:http://schemas.microsoft.com/xrm/2011/Contracts",
        "Value": 1250.5,
    }
    assert call.target["statuscode"]["Value"] == 4
    assert call.target["duedate"] == "/Date(1767139200000)/"
    assert call.target["invoiceid"] == INVOICE
    assert "name" not in call.target


def test_create_and_delete_messages(org: Organization, receiver: Receiver) -> None:
    """Section 14: for Delete, Target is an EntityReference; a bulk message fires once per row (section 8)."""
    register(org, receiver.url, "Create", "account")
    register(org, receiver.url, "Delete", "account")
    targets = {"Targets": [{"@odata.type": "Microsoft.Dynamics.CRM.account", "name": name} for name in ("a", "b")]}
    act(org, ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", targets))
    assert sorted(call.target["name"] for call in receiver.calls) == ["a", "b"]
    act(org, ("DELETE", f"accounts({ACCOUNT})"))
    target = receiver.calls[-1].parameter("Target")
    assert (target["LogicalName"], target["Id"]) == ("account", ACCOUNT)
    assert target["__type"].startswith("EntityReference:")


def test_filtering_attributes_look_at_what_was_sent(org: Organization, receiver: Receiver) -> None:
    """Section 14; section 5: each column sent counts as changed."""
    register(org, receiver.url, "Update", "account", filteringattributes="fax,telephone1")
    act(
        org,
        ("PATCH", f"accounts({ACCOUNT})", {"telephone2": "1"}),
        ("PATCH", f"accounts({ACCOUNT})", {"telephone1": "+1 555 0100"}),
    )
    assert len(receiver.calls) == 1


def test_a_failed_request_sends_nothing(org: Organization, receiver: Receiver) -> None:
    """Only what was committed is told."""
    register(org, receiver.url, "Create", "account")
    body = {"name": "x", "contact_customer_accounts": [{"lastname": "y" * 51}]}
    assert act(org, ("POST", "accounts", body))[0].status == 400
    assert receiver.calls == []


def test_images_show_the_row_before_and_after(org: Organization, receiver: Receiver) -> None:
    """Section 14: PreEntityImages and PostEntityImages."""
    step = register(org, receiver.url, "Update", "account")
    org.create(
        "sdkmessageprocessingstepimages",
        name="both",
        entityalias="img",
        imagetype=2,
        attributes="fax",
        **{"sdkmessageprocessingstepid@odata.bind": f"/sdkmessageprocessingsteps({step})"},
    )
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}), ("PATCH", f"accounts({ACCOUNT})", {"fax": "2"}))
    [second] = [call.body for call in receiver.calls if call.target["fax"] == "2"]  # their order is not guaranteed
    before, after = second["PreEntityImages"][0], second["PostEntityImages"][0]
    assert before["key"] == after["key"] == "img"
    assert before["value"]["Attributes"] == [{"key": "fax", "value": "1"}]
    assert after["value"]["Attributes"] == [{"key": "fax", "value": "2"}]


@pytest.mark.parametrize(
    ("statuses", "calls", "reason"),
    [([503, 200], 2, None), ([502, 504], 2, 31), ([500, 200], 1, 31), ([404], 1, 31), ([302], 1, 31)],
)
def test_one_retry_for_502_503_504_and_failures_are_kept(
    org: Organization, receiver: Receiver, statuses: list[int], calls: int, reason: int | None
) -> None:
    """Section 14: only the status counts; async failures end in asyncoperations; redirects are not followed."""
    receiver.statuses = statuses
    receiver.headers = {"Location": receiver.url}
    register(org, receiver.url, "Update", "account")
    assert act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))[0].status == 204
    assert len(receiver.calls) == calls
    jobs = org.get("asyncoperations?$select=statuscode,retrycount,messagename&$filter=statuscode eq 31").rows
    assert [job["statuscode"] for job in jobs] == ([] if reason is None else [reason])


def test_a_slow_receiver_times_out(org: Organization, receiver: Receiver) -> None:
    """Section 14: 60 s, a setting here."""
    assert org.get("/_emulator/settings").json["webhook_timeout_seconds"] == 60
    org.control("settings", {"webhook_timeout_seconds": 0.05})
    receiver.delay_seconds = 0.3
    register(org, receiver.url, "Update", "account", asyncautodelete=False)
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
    [job] = org.get("asyncoperations?$select=statuscode,message").rows
    assert job["statuscode"] == 31
    assert len(receiver.calls) == 1


def test_a_dead_receiver_is_a_failure_without_retry(org: Organization, receiver: Receiver) -> None:
    """Section 14."""
    receiver.close()
    register(org, receiver.url, "Update", "account")
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
    assert [
        job["retrycount"] for job in org.get("asyncoperations?$select=retrycount&$filter=statuscode eq 31").rows
    ] == [0]


def test_success_is_kept_unless_it_deletes_itself(org: Organization, receiver: Receiver) -> None:
    """Section 14: asyncautodelete."""
    register(org, receiver.url, "Update", "account", asyncautodelete=False)
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
    assert [job["statuscode"] for job in org.get("asyncoperations?$select=statuscode").rows] == [30]


def test_a_body_above_256_kb_is_cut(org: Organization, receiver: Receiver) -> None:
    """Section 14: the largest members are removed and a header says so."""
    register(org, receiver.url, "Create", "psasync_logentry")
    act(
        org,
        ("POST", "psasync_logentries", {"psasync_name": "small"}),
        ("POST", "psasync_logentries", {"psasync_before": "x" * 100000, "psasync_after": "\N{EURO SIGN}" * 60000}),
    )
    small, large = sorted(receiver.calls, key=lambda call: "InputParameters" not in call.body)
    assert "x-ms-dynamics-msg-size-exceeded" not in small.headers
    assert large.headers["x-ms-dynamics-msg-size-exceeded"] == "true"
    assert not {"ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages"} & set(large.body)
    assert large.body["PrimaryEntityName"] == "psasync_logentry"


def test_other_kinds_of_authentication(org: Organization, receiver: Receiver) -> None:
    """Section 14: HttpHeader and HttpQueryString; the value cannot be read back."""
    value = '<settings><setting name="x-key" value="s p" /></settings>'
    register(org, receiver.url, "Update", "account", endpoint={"authtype": 5, "authvalue": value})
    register(org, receiver.url, "Update", "account", endpoint={"authtype": 6, "authvalue": value})
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
    assert {(call.path, call.headers.get("x-key")) for call in receiver.calls} == {
        ("/hook", "s p"),
        ("/hook?x-key=s%20p", None),
    }
    assert all("authvalue" not in row for row in org.get("serviceendpoints").rows)
    assert org.get("serviceendpoints?$select=authvalue").status == 400


@pytest.mark.parametrize(
    "change",
    [{"url": "https://app.example:8443/x"}, {"url": "hook"}, {"contract": 2}, {"authtype": 1}, {"url": "ftp://a/b"}],
)
def test_endpoints_are_checked(org: Organization, change: dict[str, Any]) -> None:
    """Section 14: ports 80 and 443 only (any on this machine)."""
    body = {
        "name": "h",
        "contract": 8,
        "authtype": 4,
        "authvalue": "k",
        "url": "https://app.example/api/hook",
        "messageformat": 2,
    }
    assert org.post("serviceendpoints", body).status == 204
    assert org.post("serviceendpoints", {**body, **change}).status == 400


def test_a_synchronous_step_is_asked_before_the_save(org: Organization, receiver: Receiver) -> None:
    """Section 14: mode 0; a receiver that reads back sees the row as it was, and a refusal aborts the save."""
    seen: list[Any] = []
    receiver.on_call = lambda: seen.append(org.emulator.state({"table": "accounts"})["total"])
    register(org, receiver.url, "Create", "account", mode=0)
    body = {"name": "Sync", "primarycontactid": {"lastname": "Nested"}}
    [reply] = act(org, ("POST", "accounts", body))
    assert reply.status == 204
    assert seen == [2]
    assert receiver.calls[0].body["PrimaryEntityId"] == reply.entity_id
    assert receiver.calls[0].body["Mode"] == 0
    receiver.statuses = [500]
    [refused] = act(org, ("POST", "accounts", {"name": "Refused"}))
    assert (refused.status, refused.code) == (400, "0x80040265")
    assert org.names("accounts?$select=name&$filter=name eq 'Sync' or name eq 'Refused'") == ["Sync"]


def test_a_receiver_may_call_back_while_it_is_asked(org: Organization, receiver: Receiver) -> None:
    """A synchronous call does not hold up other requests."""
    register(org, receiver.url, "Update", "account", mode=0)
    receiver.delay_seconds = 0.2

    async def run() -> tuple[int, int]:
        slow = asyncio.create_task(org.acall("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
        await asyncio.to_thread(receiver.called.wait)
        read = await org.acall("GET", f"accounts({ACCOUNT})?$select=fax")
        assert not slow.done()
        assert read.json["fax"] is None
        return read.status, (await slow).status

    assert asyncio.run(run()) == (200, 204)


def test_a_disabled_step_is_silent(org: Organization, receiver: Receiver) -> None:
    """Section 14."""
    step = register(org, receiver.url, "Update", "account")
    org.patch(f"sdkmessageprocessingsteps({step})", {"statecode": 1})
    act(org, ("PATCH", f"accounts({ACCOUNT})", {"fax": "1"}))
    assert receiver.calls == []
