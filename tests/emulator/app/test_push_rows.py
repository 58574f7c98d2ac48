"""Day one through the real parts: products, customers and agreements are created and mapped, then lines can go."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.emulator.app import unmapped_rows as rows
from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator

CATALOG, COMPANIES, CONTACTS = "/procurement/catalog", "/company/companies", "/company/contacts"
AGREEMENTS = "/finance/agreements"


def mappings(outsider: Outsider) -> dict[str, dict[str, Any]]:
    return {row["psasync_sourceid"]: row for row in outsider.rows("psasync_mappings")}


def writes(outsider: Outsider, part: str = "connectwise") -> dict[str, int]:
    counts = outsider.counts(part)
    return {route: times for route, times in counts.items() if not route.startswith("GET ")}


def test_from_nothing_to_everything_mapped_tab_by_tab(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=3, accounts=3, contracts=3))
    for kind, ids in (
        ("product", [rows.product_id(number) for number in range(3)]),
        ("account", [rows.account_id(number) for number in range(3)]),
        ("billing_contract", [rows.contract_id(number) for number in range(3)]),
    ):
        preview = outsider.save(kind, rows.wishes(*ids), route="push/preview").json()
        assert {item["action"] for item in preview["items"]} == {"create"}
        saved = outsider.save(kind, rows.wishes(*ids))
        assert (saved.status_code, saved.json()["state"]) == (200, "succeeded"), saved.text
        assert saved.json()["counts"]["created"] == 3
    items = {item["identifier"]: item for item in rows.stored(outsider, CATALOG)}
    assert set(items) == {"P-00000 -M", "P-00001 -M", "P-00002 -M"}
    assert Decimal(items["P-00000 -M"]["price"]) == Decimal("10.50")
    assert Decimal(items["P-00000 -M"]["cost"]) == Decimal("8.40")
    companies = rows.stored(outsider, COMPANIES)
    assert all(company["defaultContact"]["id"] for company in companies)
    agreements = rows.stored(outsider, AGREEMENTS)
    assert {agreement["prorateFlag"] for agreement in agreements} == {False}
    assert {agreement["company"]["id"] for agreement in agreements} == {company["id"] for company in companies}
    stored = mappings(outsider)
    assert {row["psasync_status"] for row in stored.values()} == {451000003}
    for table, column in (
        ("products", "product"),
        ("accounts", "account"),
        ("work365_billingcontracts", "billingcontract"),
    ):
        for row in outsider.rows(table):
            mapping = stored[row[f"{table.removesuffix('s')}id"]]
            assert row[f"work365_{column}_psasystem_id"] == str(mapping["psasync_psaid"])
            assert row[f"work365_{column}_psasystem_name"] == mapping["psasync_psaname"]


def test_the_integrations_tab_is_drawn_from_one_query(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=1))
    outsider.save("product", rows.wishes(rows.product_id(0)))
    (row,) = outsider.rows("psasync_mappings")
    assert row["_psasync_productid_value"] == rows.product_id(0)
    shown = {"psasync_psaid", "psasync_psaname", "psasync_status", "psasync_statusmessage", "psasync_lastsyncedon"}
    assert {name for name in shown if row.get(name) is not None} == shown


def test_later_saves_never_touch_the_price(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=1))
    wish = rows.wishes(rows.product_id(0))
    outsider.save("product", wish)
    seed = rows.seed(products=1)
    seed["dataverse"]["productpricelevels"][0]["amount"] = Decimal("99.00")
    outsider.control("dataverse", "POST", "seed", {"productpricelevels": seed["dataverse"]["productpricelevels"]})
    outsider.forget_requests()
    saved = outsider.save("product", wish).json()
    assert (saved["counts"]["unchanged"], saved["items"][0]["outcome"]) == (1, "unchanged")
    assert writes(outsider) == {}
    (item,) = rows.stored(outsider, CATALOG)
    assert Decimal(item["price"]) == Decimal("10.50")


def test_names_of_every_sort_become_companies_and_come_back_the_same(outsider: Outsider) -> None:
    names = [
        'O\'Reilly & Söhne "GmbH" [Köln] 100 % \\ _*',
        "株式会社さくらシステムズ",
        "🚀" * 80,
        "x" * 160,
        "x" * 159 + "y",
        "% _ [a-z]",
    ]
    seed = rows.seed(accounts=len(names))
    for row, name in zip(seed["dataverse"]["accounts"], names, strict=True):
        row["name"] = name
    rows.use(outsider, seed)
    wanted = rows.wishes(*(rows.account_id(number) for number in range(len(names))))
    saved = outsider.save("account", wanted).json()
    assert {item["outcome"] for item in saved["items"]} == {"created"}, saved
    companies = rows.stored(outsider, COMPANIES)
    assert len({company["identifier"] for company in companies}) == len(names)
    assert names[0] in {company["name"] for company in companies}
    again = outsider.save("account", wanted).json()
    assert again["counts"]["unchanged"] == len(names)
    assert len(rows.stored(outsider, COMPANIES)) == len(names)


@pytest.mark.parametrize(("kind", "path"), [("drop_after_commit", "companies$"), ("commit_late", "contacts$")])
def test_a_lost_answer_never_leads_to_a_second_company_or_contact(outsider: Outsider, kind: str, path: str) -> None:
    rows.use(outsider, rows.seed(accounts=2))
    fault = {"match": {"method": "POST", "path": path}, "kind": kind, "delay_ms": 1500, "times": 1}
    outsider.control("connectwise", "POST", "faults", fault)
    saved = outsider.save("account", rows.wishes(rows.account_id(0), rows.account_id(1)))
    assert saved.json()["counts"]["unknown"] == 1
    assert outsider.wait_for_job(saved.json()["job_id"])["counts"]["created"] == 2
    companies, contacts = rows.stored(outsider, COMPANIES), rows.stored(outsider, CONTACTS)
    assert len(companies) == len(contacts) == 2
    assert {company["defaultContact"]["id"] for company in companies} == {contact["id"] for contact in contacts}


def test_a_pick_list_entry_deleted_since_is_named_with_the_way_out(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=2))
    (connector,) = outsider.rows("psasync_connectors")
    text = connector["psasync_properties"].replace('"id":17', '"id":999').replace('"id": 17', '"id": 999')
    connector = {
        "psasync_connectorid": outsider.stack.connector_id,
        "psasync_name": "ConnectWise",
        "psasync_siteurl": outsider.stack.connectwise,
        "psasync_company": "contoso",
        "psasync_credentialref": "CONTOSO",
        "psasync_properties": text,
    }
    outsider.control("dataverse", "POST", "seed", {"psasync_connectors": [connector]})
    saved = outsider.save("product", rows.wishes(rows.product_id(0), rows.product_id(1))).json()
    assert {item["code"] for item in saved["items"]} == {"connector_property_gone"}
    assert saved["items"][0]["message"].startswith("The product subcategory of the connector does not exist")
    assert saved["state"] == "failed"


def test_two_people_who_save_the_same_rows_at_once_make_each_record_once(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(accounts=10))
    wishes = rows.wishes(*(rows.account_id(number) for number in range(10)))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: outsider.save("account", wishes).json(), range(2)))
    for job in both:
        outsider.wait_for_job(job["job_id"])
    outcomes = {item["outcome"] for job in both for item in outsider.items(job["job_id"])}
    assert outcomes <= {"created", "unchanged"}
    assert len(rows.stored(outsider, COMPANIES)) == len(rows.stored(outsider, CONTACTS)) == 10


def test_the_chain_names_the_step_and_the_row_to_jump_to(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=1, accounts=1, contracts=1, with_contacts=False))
    (account,) = outsider.save("account", rows.wishes(rows.account_id(0)), route="push/preview").json()["items"]
    assert (account["action"], account["code"]) == ("blocked", "account_without_contact")
    assert account["prerequisite"] == {"step": "contact", "id": rows.account_id(0), "name": "Customer 0"}
    (contract,) = outsider.save("billing_contract", rows.wishes(rows.contract_id(0))).json()["items"]
    assert contract["prerequisite"] == {"step": "account", "id": rows.account_id(0), "name": "Customer 0"}


def test_a_body_that_mixes_kinds_is_refused_by_name(outsider: Outsider) -> None:
    body = [
        {"id": rows.product_id(0), "action": "push"},
        {"id": rows.product_id(1), "action": "map"},
        {"id": rows.product_id(2), "action": "create", "psa_id": 4},
        {"id": rows.product_id(3), "action": "create", "one_time": True},
        {"id": rows.product_id(3), "action": "create"},
    ]
    answer = outsider.save("product", body)
    assert answer.status_code == 400
    assert {fault["path"]: fault["message"] for fault in answer.json()["errors"]} == {
        "items.0.action": "must be create or map for the kind product",
        "items.1.psa_id": "is needed to map",
        "items.2.psa_id": "is only for the action map",
        "items.3.one_time": "is only for the creation of an agreement",
        "items.4.id": "is in the list twice",
    }


def test_what_somebody_may_not_read_is_not_created(outsider: Outsider) -> None:
    rows.use(outsider, rows.seed(products=1))
    (item,) = outsider.save("product", rows.wishes(str(uuid.uuid4()))).json()["items"]
    assert (item["outcome"], item["code"]) == ("failed", "record_not_found")


def test_a_large_save_runs_in_the_background_with_few_requests_a_record(outsider: Outsider) -> None:
    products = 300
    rows.use(outsider, rows.seed(products=products))
    saved = outsider.save("product", rows.wishes(*(rows.product_id(number) for number in range(products))))
    assert saved.status_code == 202
    outsider.wait_uncounted(saved.json()["job_id"])
    assert writes(outsider) == {f"POST {CATALOG}": products}
    reads = sum(outsider.counts("connectwise").values()) - products
    assert reads <= 3 * 3
    assert sum(outsider.counts("dataverse").values()) / products <= 0.2
    assert len(rows.stored(outsider, CATALOG)) == products


def test_customers_cost_two_writes_and_agreements_one(outsider: Outsider) -> None:
    customers = 60
    rows.use(outsider, rows.seed(accounts=customers, contracts=customers))
    first = outsider.save("account", rows.wishes(*(rows.account_id(number) for number in range(customers))))
    assert outsider.wait_for_job(first.json()["job_id"])["counts"]["created"] == customers
    assert writes(outsider) == {f"POST {COMPANIES}": customers, f"POST {CONTACTS}": customers}
    assert sum(outsider.counts("connectwise").values()) <= 3 * customers
    outsider.forget_requests()
    second = outsider.save("billing_contract", rows.wishes(*(rows.contract_id(number) for number in range(customers))))
    assert outsider.wait_for_job(second.json()["job_id"])["counts"]["created"] == customers
    assert writes(outsider) == {f"POST {AGREEMENTS}": customers}
    assert sum(outsider.counts("connectwise").values()) <= customers + 4
