"""What a person may is asked for when the work is done: rights that were lost after Save are not used."""

from collections.abc import Callable
from typing import Any

import pytest

from emulators.seeds import bulk
from tests.emulator.security.people import INVOICES, USER_IDS, Office

pytestmark = pytest.mark.emulator

AGREEMENTS = [bulk.agreement_id(number) for number in INVOICES.values()]


def save_push(office: Office) -> Any:
    return office.outsider.call("POST", "push", office.outsider.push_body(office.lines_of("nina")), user="nina")


def save_import(office: Office) -> Any:
    """Ask for more companies than a request imports."""
    body = {
        "connector_id": office.outsider.stack.connector_id,
        "kind": "company",
        "items": [{"psa_id": bulk.FIRST_COMPANY_ID + number} for number in range(30)],
        "idempotency_key": "import",
    }
    return office.outsider.call("POST", "pull", body, user="nina")


@pytest.mark.parametrize("save", [save_push, save_import])
def test_a_person_who_lost_the_role_between_save_and_run_gets_items_that_say_so(
    office: Office, save: Callable[[Office], Any]
) -> None:
    answer = save(office)
    assert answer.status_code == 202, answer.text
    accounts = office.outsider.rows("accounts")
    office.take_role_from("nina")
    items = office.finish(answer.json()["job_id"], "nina")
    assert {(item["outcome"], item["code"]) for item in items} == {("failed", "dataverse_permission_denied")}
    assert all(item["message"].startswith("You lack a privilege in Dataverse for this (") for item in items)
    assert office.outsider.additions(AGREEMENTS) == []
    assert office.outsider.rows("accounts") == accounts


def test_an_invoice_that_was_given_to_another_unit_after_save_is_not_pushed(office: Office) -> None:
    answer = save_push(office)
    owner = {"ownerid@odata.bind": f"/systemusers({USER_IDS['sam']})"}
    office.dataverse("PATCH", f"invoices({bulk.invoice_id(INVOICES['nina'])})", owner).raise_for_status()
    items = office.finish(answer.json()["job_id"], "nina")
    assert {(item["outcome"], item["code"]) for item in items} == {("failed", "line_not_found")}
    assert {item["message"] for item in items} == {
        "This invoice line does not exist in Work 365 or you may not read it; refresh the list and select it again."
    }
    assert office.outsider.additions(AGREEMENTS) == []


def test_a_person_who_may_no_longer_write_learns_that_work365_was_not_updated(office: Office) -> None:
    """The addition is made, with the keys of the connector; Work 365's own columns are the person's to write."""
    answer = save_push(office)
    office.take_role_from("nina")
    office.give_role_to("nina", "Read Only")
    items = office.finish(answer.json()["job_id"], "nina")
    assert {item["outcome"] for item in items} == {"created"}
    assert all("Work 365 could not be updated" in item["message"] for item in items)
    rows = office.outsider.rows("invoicedetails")
    assert not any(row.get("work365_invoiceproduct_psasystem_id") for row in rows)
