"""The import through the real parts: lists, previews, jobs in the request and in the queue."""

import random
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from emulators.seeds.dataverse_rows import ACCOUNT, mapping, row_id
from tests.emulator.app.outsider import Outsider, until
from tests.emulator.app.pull_rows import (
    FIRST_AGREEMENT,
    FIRST_COMPANY,
    NAMES,
    agreements,
    customers,
    random_tenant,
)

pytestmark = pytest.mark.emulator

CYCLES = {1: "Weekly", 2: "Monthly", 3: "Quarterly", 5: "Yearly"}
TYPES = {1: "Client", 2: "Prospect", 3: "Vendor"}


def new_connector(outsider: Outsider, mapped: int) -> str:
    """Add a connector that no host has seen yet, so that nothing of it is in memory; map the first companies on it."""
    connector_id = str(uuid.uuid4())
    (row,) = outsider.rows("psasync_connectors")
    members = ("psasync_siteurl", "psasync_company", "psasync_credentialref")
    added = {name: row[name] for name in members}
    added |= {"psasync_connectorid": connector_id, "psasync_name": "Another ConnectWise"}
    mappings = [
        mapping(n, ACCOUNT, row_id("account", n), FIRST_COMPANY + n, f"Customer {n:05d}")
        | {"psasync_connectorid@odata.bind": f"/psasync_connectors({connector_id})"}
        for n in range(mapped)
    ]
    outsider.control("dataverse", "POST", "seed", {"psasync_connectors": [added], "psasync_mappings": mappings})
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "requests")
    return connector_id


def tenant(outsider: Outsider, connectwise: dict[str, list[Any]], *, mapped: int = 0) -> Outsider:
    """Put this tenant in place of everything; the first `mapped` companies are joined to accounts."""
    rows: dict[str, list[Any]] = {
        "accounts": [{"accountid": row_id("account", n), "name": f"Customer {n:05d}"} for n in range(mapped)],
        "psasync_mappings": [
            mapping(n, ACCOUNT, row_id("account", n), FIRST_COMPANY + n, f"Customer {n:05d}") for n in range(mapped)
        ],
    }
    outsider.replace_rows({"connectwise": connectwise, "dataverse": rows})
    return outsider


def body(outsider: Outsider, kind: str, psa_ids: range | list[int], **more: Any) -> dict[str, Any]:
    """Return the body of an import."""
    return {
        "connector_id": outsider.stack.connector_id,
        "kind": kind,
        "items": [{"psa_id": psa_id} for psa_id in psa_ids],
        "idempotency_key": str(uuid.uuid4()),
        **more,
    }


def pull(outsider: Outsider, kind: str, psa_ids: range | list[int], **more: Any) -> dict[str, Any]:
    """Import and wait; return the job with all its items."""
    answer = outsider.call("POST", "pull", body(outsider, kind, psa_ids, **more))
    assert answer.status_code in {200, 202}, answer.text
    job = outsider.wait_for_job(answer.json()["job_id"])
    return {**job, "items": outsider.items(job["job_id"])}


def listed(outsider: Outsider, what: str, **query: Any) -> dict[str, Any]:
    """Return one page of a list."""
    pairs = [("connector_id", query.pop("connector_id", outsider.stack.connector_id))]
    pairs += [(name, one) for name, value in query.items() for one in (value if isinstance(value, list) else [value])]
    text = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in pairs)
    answer = outsider.call("GET", f"pull/{what}?{text}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def all_listed(outsider: Outsider, what: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages."""
    while True:
        page = listed(outsider, what, **query)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


# --- lists


def test_lists_are_what_brute_force_says(outsider: Outsider) -> None:
    draw = random.Random(6)  # noqa: S311  questions of a test, the same each time
    rows = random_tenant(6, companies=120, deals=150)
    tenant(outsider, rows, mapped=60)
    for _ in range(40):
        what = draw.choice(["companies", "agreements"])
        query = random_query(draw, what)
        found = [one["psa_id"] for one in all_listed(outsider, what, limit=draw.choice([7, 50, 200]), **query)]
        assert found == expected(rows, what, query), query


def random_query(draw: random.Random, what: str) -> dict[str, Any]:
    query: dict[str, Any] = {"sort": draw.choice(["name", "-name", "created", "-created", "modified", "-modified"])}
    if draw.random() < 0.5:
        query["mapped"] = draw.choice(["mapped", "unmapped", "all"])
    if draw.random() < 0.4:
        query["modified_since"] = f"2026-0{draw.randint(1, 6)}-{draw.randint(1, 28):02d}"
    if draw.random() < 0.4:
        query["name"] = draw.choice([*NAMES, "CONTOSO", "o", '"', "%", "\\", "[", "'", "&", "nothing"])
    if what == "companies":
        if draw.random() < 0.4:
            query["type"] = draw.sample(["Client", "2", "Vendor"], draw.randint(1, 2))
        if draw.random() < 0.3:
            query["status"] = draw.choice(["Active", "3"])
        if draw.random() < 0.3:
            query["with_agreements"] = draw.choice(["true", "false"])
    else:
        if draw.random() < 0.4:
            query["frequency"] = draw.choice(["Monthly", "5", "One Time"])
        if draw.random() < 0.3:
            query["company"] = draw.choice(["contoso", "%", "Zürich"])
    return query


def expected(rows: dict[str, list[Any]], what: str, query: dict[str, Any]) -> list[int]:
    companies = {row["id"]: row for row in rows["/company/companies"]}
    having = {row["company"]["id"] for row in rows["/finance/agreements"]}

    def shown(row: dict[str, Any]) -> bool:
        is_mapped = what == "companies" and row["id"] < FIRST_COMPANY + 60
        view = query.get("mapped", "all")
        checks = [
            query.get("name", "").lower() in row["name"].lower(),
            row["_info"]["lastUpdated"][:10] >= query.get("modified_since", ""),
            view == "all" or is_mapped == (view == "mapped"),
        ]
        if what == "companies":
            texts = {text for one in row["types"] for text in (str(one["id"]), TYPES[one["id"]])}
            status = row["status"]["id"]
            checks += [
                not row["deletedFlag"],
                not query.get("type") or bool(texts & set(query["type"])),
                query.get("status") in {None, str(status), {1: "Active", 2: "Inactive", 3: "Credit Hold"}[status]},
                query.get("with_agreements") != "true" or row["id"] in having,
            ]
        else:
            cycle = row["billingCycle"]["id"]
            frequency = {"One Time"} if row["billOneTimeFlag"] else {str(cycle), CYCLES[cycle]}
            customer = companies[row["company"]["id"]]["name"].lower()
            checks += [query.get("frequency") in {None, *frequency}, query.get("company", "").lower() in customer]
        return all(checks)

    sort = query["sort"].lstrip("-")
    key = {"name": lambda row: row["name"].lower(), "created": lambda row: row["_info"]["dateEntered"]}.get(
        sort, lambda row: row["_info"]["lastUpdated"]
    )
    found = [row for row in rows[f"/{'company' if what == 'companies' else 'finance'}/{what}"] if shown(row)]
    ordered = sorted(found, key=lambda row: (key(row), row["id"]), reverse=query["sort"].startswith("-"))
    return [row["id"] for row in ordered]


def test_the_first_page_of_unmapped_companies_is_cheap_cold_and_cheaper_warm(outsider: Outsider) -> None:
    tenant(outsider, customers(6_500), mapped=6_400)
    connector_id = new_connector(outsider, mapped=6_400)
    page = listed(outsider, "companies", connector_id=connector_id, mapped="unmapped")
    assert [one["psa_id"] for one in page["items"]] == list(range(FIRST_COMPANY + 6_400, FIRST_COMPANY + 6_450))
    assert page["total"] == 100
    # companyinfo, the newest id, 7 pages and 6 cuts at most, and which of 50 have agreements
    assert sum(outsider.counts("connectwise").values()) <= 1 + 1 + 7 + 6 + 1
    outsider.control("connectwise", "DELETE", "requests")
    outsider.control("dataverse", "DELETE", "requests")
    again = listed(outsider, "companies", connector_id=connector_id, mapped="unmapped", cursor=page["next_cursor"])
    assert [one["psa_id"] for one in again["items"]] == list(range(FIRST_COMPANY + 6_450, FIRST_COMPANY + 6_500))
    assert sum(outsider.counts("connectwise").values()) <= 3
    assert sum(outsider.counts("dataverse").values()) <= 2  # the connector, and what changed about mappings


def test_mapped_only_with_a_name_asks_for_mapped_ids_only(outsider: Outsider) -> None:
    tenant(outsider, customers(600), mapped=20)
    page = listed(outsider, "companies", mapped="mapped", name="customer 0001")
    assert [one["psa_id"] for one in page["items"]] == list(range(FIRST_COMPANY + 10, FIRST_COMPANY + 20))
    asked = outsider.control("connectwise", "GET", "requests")["requests"]
    companies = [one for one in asked if one["path"].endswith("/company/companies")]
    assert len(companies) == 1
    assert "id%20in" in companies[0]["query"]


def test_a_list_is_stable_while_records_change(outsider: Outsider) -> None:
    tenant(outsider, customers(30))
    outsider.control("connectwise", "POST", "clock", {"advance_seconds": 3600})
    first = listed(outsider, "companies", limit=10, sort="-modified")
    shown = [one["psa_id"] for one in first["items"]]
    rename(outsider, shown[0], "Renamed")
    others = list(all_listed(outsider, "companies", limit=10, sort="-modified", cursor=first["next_cursor"]))
    assert sorted(shown + [one["psa_id"] for one in others]) == list(range(FIRST_COMPANY, FIRST_COMPANY + 30))


def rename(outsider: Outsider, company_id: int, name: str, member: str = "name") -> None:
    """Change a company in ConnectWise as its staff would."""
    keys = outsider.stack.document()["connectwise_credentials"]
    answer = outsider.session.patch(
        f"{outsider.stack.connectwise}/v4_6_release/apis/3.0/company/companies/{company_id}",
        json=[{"op": "replace", "path": member, "value": name}],
        auth=(f"{keys['company']}+{keys['public_key']}", keys["private_key"]),
        headers={"clientId": keys["client_id"]},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "path", "words"),
    [
        ("sort=size", "sort", "'name', '-name', 'created'"),
        ("mapped=some", "mapped", "'unmapped', 'mapped' or 'all'"),
        ("colour=red", "colour", "not permitted"),
        ("limit=201", "limit", "less than or equal to 200"),
        ("modified_since=yesterday", "modified_since", "valid date"),
        ("name=a&name=b", "name", "only once"),
        ("frequency=Monthly", "frequency", "not permitted"),
        ("cursor=x", "cursor", "open the list again"),
    ],
)
def test_a_filter_or_sort_that_does_not_exist_is_a_400_naming_what_does(
    outsider: Outsider, query: str, path: str, words: str
) -> None:
    answer = outsider.call("GET", f"pull/companies?connector_id={outsider.stack.connector_id}&{query}")
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["path"] == path
    assert words in fault["message"]


# --- the import itself


def test_25_agreements_run_in_the_request(outsider: Outsider) -> None:
    tenant(outsider, customers(5) | agreements(25, of_companies=5), mapped=5)
    answer = outsider.call("POST", "pull", body(outsider, "agreement", range(FIRST_AGREEMENT, FIRST_AGREEMENT + 25)))
    assert answer.status_code == 200
    assert answer.json()["counts"]["created"] == 25
    contracts = outsider.rows("work365_billingcontracts")
    assert sorted(int(row["work365_billingcontract_psasystem_id"]) for row in contracts) == list(
        range(FIRST_AGREEMENT, FIRST_AGREEMENT + 25)
    )
    assert {item["id"] for item in answer.json()["items"]} == {row["work365_billingcontractid"] for row in contracts}


def test_26_agreements_go_through_the_queue_and_a_second_time_nothing_changes(outsider: Outsider) -> None:
    tenant(outsider, customers(5) | agreements(26, of_companies=5), mapped=5)
    ids = range(FIRST_AGREEMENT, FIRST_AGREEMENT + 26)
    answer = outsider.call("POST", "pull", body(outsider, "agreement", ids))
    assert answer.status_code == 202
    assert outsider.wait_for_job(answer.json()["job_id"])["counts"]["created"] == 26
    tables = ("accounts", "contacts", "work365_billingcontracts", "psasync_mappings", "psasync_logentries")
    before = {table: outsider.rows(table) for table in tables}
    again = pull(outsider, "agreement", ids)
    assert (again["counts"]["unchanged"], again["state"]) == (26, "succeeded")
    assert {table: outsider.rows(table) for table in tables} == before


def test_companies_come_with_contacts_and_changes_are_named(outsider: Outsider) -> None:
    tenant(outsider, customers(3))
    ids = range(FIRST_COMPANY, FIRST_COMPANY + 3)
    assert pull(outsider, "company", ids)["counts"]["created"] == 3
    (contact,) = [row for row in outsider.rows("contacts") if row["lastname"] == "Sample1"]
    (account,) = [row for row in outsider.rows("accounts") if row["name"] == "Customer 00001"]
    assert account["_primarycontactid_value"] == contact["contactid"]
    assert contact["_parentcustomerid_value"] == account["accountid"]
    rename(outsider, FIRST_COMPANY, "A new name")
    first, second, third = pull(outsider, "company", ids)["items"]
    assert (first["outcome"], first["message"]) == ("updated", "Updated: name, link to ConnectWise.")
    assert {second["outcome"], third["outcome"]} == {"unchanged"}


def test_agreements_may_bring_their_customers(outsider: Outsider) -> None:
    tenant(outsider, customers(3) | agreements(6, of_companies=3))
    ids = range(FIRST_AGREEMENT, FIRST_AGREEMENT + 6)
    refused = pull(outsider, "agreement", ids)
    assert {item["code"] for item in refused["items"]} == {"customer_not_mapped"}
    assert pull(outsider, "agreement", ids, import_customers=True)["counts"]["created"] == 6
    assert len(outsider.rows("accounts")) == 3


def test_a_preview_proposes_and_writes_nothing_and_a_link_joins(outsider: Outsider) -> None:
    tenant(outsider, customers(1))
    account = {"accountid": row_id("account", 7), "name": "CUSTOMER 00000, Ltd"}
    outsider.control("dataverse", "POST", "seed", {"accounts": [account]})
    (planned,) = outsider.call("POST", "pull/preview", body(outsider, "company", [FIRST_COMPANY])).json()["items"]
    assert planned["action"] == "create"
    assert planned["suggestion"]["id"] == account["accountid"]
    assert len(outsider.rows("accounts")) == 1
    linked = body(outsider, "company", [])
    linked["items"] = [{"psa_id": FIRST_COMPANY, "link_to": account["accountid"]}]
    (item,) = outsider.call("POST", "pull", linked).json()["items"]
    assert (item["outcome"], item["id"]) == ("updated", account["accountid"])
    assert len(outsider.rows("accounts")) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"items": []}, "items"),
        ({"items": [{"psa_id": 0}]}, "items.0.psa_id"),
        ({"items": [{"psa_id": 1, "link_to": "x"}]}, "items.0.link_to"),
        ({"items": [{"psa_id": 1, "colour": 1}]}, "items.0.colour"),
        ({"kind": "invoice"}, "kind"),
        ({"idempotency_key": " "}, "idempotency_key"),
    ],
)
def test_a_body_that_is_not_valid_is_a_400(outsider: Outsider, change: dict[str, Any], path: str) -> None:
    answer = outsider.call("POST", "pull", body(outsider, "company", [1]) | change)
    assert answer.status_code == 400
    assert path in [fault["path"] for fault in answer.json()["errors"]]


def test_a_reader_may_look_and_not_import(outsider: Outsider) -> None:
    tenant(outsider, customers(1))
    query = f"connector_id={outsider.stack.connector_id}"
    assert outsider.call("GET", f"pull/companies?{query}", user="reader").status_code == 200
    answer = outsider.call("POST", "pull", body(outsider, "company", [FIRST_COMPANY]), user="reader")
    assert answer.status_code == 403


def test_a_batch_that_fails_in_part_is_carried_out_in_the_end(outsider: Outsider) -> None:
    tenant(outsider, customers(5) | agreements(40, of_companies=5), mapped=5)
    for kind, more in (("status", {"status": 503}), ("drop_after_commit", {}), ("rate_limit", {"retry_after": 1})):
        fault = {"match": {"method": "POST", "path": "batch"}, "kind": kind, "times": 2}
        outsider.control("dataverse", "POST", "faults", fault | more)
    outsider.control(
        "connectwise",
        "POST",
        "faults",
        {"match": {"method": "GET", "path": "agreements"}, "kind": "rate_limit", "retry_after": 1, "times": 2},
    )
    job = started(outsider, range(FIRST_AGREEMENT, FIRST_AGREEMENT + 40))
    until(lambda: fired_and_ended(outsider, job), seconds=90)
    assert len(outsider.rows("work365_billingcontracts")) == 40
    assert outsider.job(job)["counts"]["created"] == 40


def started(outsider: Outsider, ids: range) -> str:
    """Start an import, with the same key until an answer comes, as a page would."""
    wanted = body(outsider, "agreement", ids)

    def answered() -> str | None:
        answer = outsider.call("POST", "pull", wanted)
        return str(answer.json()["job_id"]) if answer.status_code in {200, 202} else None

    return str(until(answered, seconds=60))


def fired_and_ended(outsider: Outsider, job_id: str) -> bool:
    """Fire the timer as a schedule would, and tell whether the job has ended."""
    outsider.fire_timer("reopen_unsettled")
    answer = outsider.call("GET", f"jobs/{job_id}")
    return answer.status_code == 200 and answer.json()["state"] not in {"queued", "running"}


def test_the_requests_of_1000_agreements(outsider: Outsider) -> None:
    tenant(outsider, customers(100) | agreements(1000, of_companies=100), mapped=100)
    job = body(outsider, "agreement", range(FIRST_AGREEMENT, FIRST_AGREEMENT + 1000))
    answer = outsider.call("POST", "pull", job)
    job_id = answer.json()["job_id"]

    def has_ended() -> bool:
        # asked of the stored rows: calls of the app would be counted, and messages of an earlier test may still wait
        [row] = [row for row in outsider.rows("psasync_jobs") if row["psasync_jobid"] == job_id]
        return row.get("psasync_endedon") is not None

    until(has_ended, seconds=60)
    ended = outsider.wait_for_job(job_id)
    assert ended["counts"]["created"] == 1000
    connectwise, dataverse = (outsider.counts(part) for part in ("connectwise", "dataverse"))
    assert sum(connectwise.values()) <= 10, connectwise
    looks = dataverse.get("GET /psasync_jobs", 0)
    batches = sum(count for route, count in dataverse.items() if "batch" in route)
    assert batches <= 50 + looks, dataverse


# --- jobs


def test_a_cancelled_job_writes_no_more_and_says_so(outsider: Outsider) -> None:
    tenant(outsider, customers(1) | agreements(1500, of_companies=1), mapped=1)
    outsider.control(
        "connectwise",
        "POST",
        "faults",
        {"match": {"method": "GET", "path": "finance/agreements"}, "kind": "delay", "delay_ms": 400},
    )
    answer = outsider.call("POST", "pull", body(outsider, "agreement", range(FIRST_AGREEMENT, FIRST_AGREEMENT + 1500)))
    job_id = answer.json()["job_id"]
    cancelled = outsider.call("POST", f"jobs/{job_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    until(lambda: outsider.job(job_id)["counts"]["done"] == 1500, seconds=60)
    job = outsider.job(job_id)
    assert job["state"] == "cancelled"
    assert job["counts"]["skipped"] > 0
    skipped = [item for item in outsider.items(job_id) if item["outcome"] == "skipped"]
    assert {item["code"] for item in skipped} == {"cancelled"}
    assert outsider.call("POST", f"jobs/{job_id}/cancel").json()["state"] == "cancelled"


def test_failed_records_are_tried_again_in_the_same_job(outsider: Outsider) -> None:
    rows = customers(1) | agreements(3, of_companies=1)
    missing = rows["/finance/agreements"].pop()
    tenant(outsider, rows, mapped=1)
    job = pull(outsider, "agreement", range(FIRST_AGREEMENT, FIRST_AGREEMENT + 3))
    assert (job["state"], job["counts"]["failed"]) == ("partly_failed", 1)
    outsider.control("connectwise", "POST", "seed", {"/finance/agreements": [missing]})
    answer = outsider.call("POST", f"jobs/{job['job_id']}/retry")
    assert answer.status_code == 202
    ended = outsider.wait_for_job(job["job_id"])
    assert (ended["state"], ended["counts"]["created"]) == ("succeeded", 3)
    again = outsider.call("POST", f"jobs/{job['job_id']}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_retry")


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_job_that_does_not_exist_is_a_404(outsider: Outsider, action: str) -> None:
    answer = outsider.call("POST", f"jobs/{uuid.uuid4()}/{action}")
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


def test_jobs_are_listed_newest_first_page_by_page(outsider: Outsider) -> None:
    tenant(outsider, customers(1))
    made = [pull(outsider, "company", [FIRST_COMPANY])["job_id"] for _ in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        page = outsider.call("GET", "jobs?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        found += [job["job_id"] for job in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(made)
    assert outsider.call("GET", "jobs?cursor=!").status_code == 400
