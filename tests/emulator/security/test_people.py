"""What a person sees and writes is what Dataverse grants that person, on both ways of acting for them."""

import pytest

from emulators.seeds import bulk
from emulators.seeds.dataverse_rows import row_id
from tests.emulator.security.conftest import AS_THE_APP, ON_BEHALF
from tests.emulator.security.people import INVOICES, OBJECT_IDS, USER_IDS, Office

pytestmark = pytest.mark.emulator

APP_USER = "44444444-4444-4444-8444-000000000009"
MIXED = [bulk.line_id(number) for number in range(6)]
BOTH_WAYS = pytest.mark.parametrize("host", [ON_BEHALF, AS_THE_APP], ids=["on behalf", "as the app"])


def previewed(office: Office, name: str, host: int) -> dict[str, str]:
    body = office.outsider.push_body(MIXED)
    answer = office.outsider.call("POST", "push/preview", body, user=name, host=host)
    assert answer.status_code == 200, answer.text
    return {item["id"]: item["code"] or item["outcome"] for item in answer.json()["items"]}


@BOTH_WAYS
def test_two_people_of_different_business_units_see_different_lines(office: Office, host: int) -> None:
    for name in USER_IDS:
        own = set(office.lines_of(name))
        assert previewed(office, name, host) == {line: "pending" if line in own else "line_not_found" for line in MIXED}


@BOTH_WAYS
def test_two_people_of_different_business_units_see_different_accounts_and_invoices(office: Office, host: int) -> None:
    def listed(name: str, what: str) -> list[str]:
        address = f"push/{what}?connector_id={office.outsider.stack.connector_id}"
        answer = office.outsider.call("GET", address, user=name, host=host)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert {name: listed(name, "invoices") for name in INVOICES} == {
        name: [bulk.invoice_id(number)] for name, number in INVOICES.items()
    }
    assert {name: listed(name, "accounts") for name in INVOICES} == {
        name: [row_id("account", number)] for name, number in INVOICES.items()
    }


@BOTH_WAYS
def test_an_invoice_of_another_business_unit_does_not_exist(office: Office, host: int) -> None:
    body = office.outsider.push_body([bulk.invoice_id(1)], kind="invoice")
    answer = office.outsider.call("POST", "push", body, user="nina", host=host).json()
    assert [item["code"] for item in answer["items"]] == ["invoice_not_found"]
    assert office.outsider.additions([bulk.agreement_id(0), bulk.agreement_id(1)]) == []


@BOTH_WAYS
def test_a_push_writes_only_the_lines_of_the_persons_own_unit(office: Office, host: int) -> None:
    body = office.outsider.push_body(MIXED)
    answer = office.outsider.call("POST", "push", body, user="nina", host=host).json()
    own = set(office.lines_of("nina"))
    assert {item["id"] for item in answer["items"] if item["outcome"] == "created"} == own & set(MIXED)
    rows = {row["invoicedetailid"]: row for row in office.outsider.rows("invoicedetails")}
    written = {line for line, row in rows.items() if row.get("work365_invoiceproduct_psasystem_id")}
    assert written == own & set(MIXED)
    seen_as = {(rows[line]["_modifiedby_value"], rows[line].get("_modifiedonbehalfby_value")) for line in written}
    assert seen_as == {(USER_IDS["nina"], None if host == ON_BEHALF else APP_USER)}


@pytest.mark.parametrize(
    ("on_behalf_of", "code", "has_claims"),
    [("consent_required", "consent_required", False), ("mfa_required", "sign_in_required", True)],
)
def test_a_challenge_reaches_the_page_before_anything_is_written(
    office: Office, on_behalf_of: str, code: str, has_claims: bool
) -> None:
    office.set_person("nina", onBehalfOf=on_behalf_of)
    answer = office.outsider.call("POST", "push", office.outsider.push_body(MIXED), user="nina", host=ON_BEHALF)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert ("claims" in answer.json()) is has_claims
    assert ("claims=" in answer.headers["WWW-Authenticate"]) is has_claims
    assert office.outsider.rows("psasync_jobs") == []


@pytest.mark.parametrize("path", ["", "/items"])
def test_a_job_is_seen_by_the_person_who_started_it_and_by_those_who_oversee(office: Office, path: str) -> None:
    answer = office.outsider.call("POST", "push", office.outsider.push_body(office.lines_of("nina")[:1]), user="nina")
    job = f"jobs/{answer.json()['job_id']}{path}"
    seen = {
        user: office.outsider.call("GET", job, user=user).status_code for user in ("nina", "sam", "reader", "admin")
    }
    assert seen == {"nina": 200, "sam": 403, "reader": 200, "admin": 200}


def test_the_list_of_jobs_holds_the_persons_own_and_for_those_who_oversee_all(office: Office) -> None:
    for name in USER_IDS:
        office.outsider.call("POST", "push", office.outsider.push_body(office.lines_of(name)[:1]), user=name)

    def starters(user: str) -> set[str]:
        return {job["requested_by"] for job in office.outsider.call("GET", "jobs", user=user).json()["items"]}

    assert starters("nina") == {OBJECT_IDS["nina"]}
    assert starters("reader") == starters("admin") == set(OBJECT_IDS.values())


@pytest.mark.parametrize("act", ["retry", "cancel"])
def test_nobody_sets_a_job_going_that_runs_with_the_rights_of_another(office: Office, act: str) -> None:
    answer = office.outsider.call("POST", "push", office.outsider.push_body(office.lines_of("nina")[:1]), user="nina")
    refusal = office.outsider.call("POST", f"jobs/{answer.json()['job_id']}/{act}", user="sam")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "job_of_another_person")
    assert refusal.json()["detail"] == (
        "Somebody else started this job; ask them or an administrator if you need to change it."
    )
