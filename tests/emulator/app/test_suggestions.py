"""Suggestions through the real parts: few requests, kept in memory, and the list still comes without ConnectWise."""

import uuid
from typing import Any

import pytest

from emulators.seeds import bulk
from emulators.seeds.connectwise_records import CYCLE_YEARLY, agreement, catalog_item, company
from emulators.seeds.currencies import USD
from emulators.seeds.dataverse_rows import ACCOUNT, BILLING_CONTRACT, PRODUCT, billing_contract, bind, mapping, row_id
from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator

MONTHLY_UNIT, ANNUAL_UNIT = row_id("uom", 1), row_id("uom", 2)
TERM_GROUP = row_id("uomschedule", 1)
PART = "CFQ7TTC0LFLX:0001"


def prepared(outsider: Outsider, connectwise: dict[str, list[Any]], dataverse: dict[str, list[Any]]) -> Outsider:
    """Put these rows in place of all, behind a connector that no process has anything in memory for."""
    outsider.replace_rows({"connectwise": connectwise, "dataverse": dataverse})
    change = {"name": f"Connector {uuid.uuid4()}"}
    outsider.call("PATCH", f"connectors/{outsider.stack.connector_id}", change, user="admin").raise_for_status()
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "requests")
    return outsider


def listed(outsider: Outsider, path: str, query: str = "", *, user: str = "billing") -> dict[str, Any]:
    answer = outsider.call("GET", f"push/{path}?connector_id={outsider.stack.connector_id}&{query}", user=user)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def requests_to(outsider: Outsider, part: str) -> int:
    return sum(outsider.counts(part).values())


def nce_pair() -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return an NCE pair on both sides, and a bundle and an inactive item that would fit as well."""
    part = {"manufacturerPartNumber": PART}
    catalog = [
        catalog_item(11, "CFQ7TTC0LFLX -A", "Microsoft 365 E3 - Annual", **part),
        catalog_item(12, "E3-MONTHLY", "Microsoft 365 E3 - Monthly", **part),
        catalog_item(13, "CFQ7TTC0LFLX -M", "Microsoft 365 E3 - Monthly", **part | {"inactiveFlag": True}),
        catalog_item(14, "E3B-MONTHLY", "Microsoft 365 E3 - Monthly", **part | {"productClass": "Bundle"}),
    ]
    units = [
        {"uomid": unit, "name": name, "quantity": 1, **bind("uomscheduleid", "uomschedules", TERM_GROUP)}
        for unit, name in ((MONTHLY_UNIT, "Monthly"), (ANNUAL_UNIT, "Annual"))
    ]
    products = [
        {
            "productid": row_id("product", number),
            "name": "Microsoft 365 E3",
            "productnumber": product_number,
            "quantitydecimal": 5,
            "work365_product_providerpartnumber": PART,
            **bind("defaultuomid", "uoms", unit),
            **bind("defaultuomscheduleid", "uomschedules", TERM_GROUP),
        }
        for number, product_number, unit in (
            (1, "CFQ7TTC0LFLX –M", MONTHLY_UNIT),
            (2, "cfq7ttc0lflx -a", ANNUAL_UNIT),
        )
    ]
    schedules = [{"uomscheduleid": TERM_GROUP, "name": "Subscription term", "baseuomname": "Monthly"}]
    return {"/procurement/catalog": catalog}, {"uomschedules": schedules, "uoms": units, "products": products}


def test_the_products_of_an_nce_pair_each_find_their_own(outsider: Outsider) -> None:
    page = listed(prepared(outsider, *nce_pair()), "products", "sort=number")
    annual, monthly = (item["suggestion"] for item in page["items"])
    assert annual == {
        "psa_id": 11,
        "name": "Microsoft 365 E3 - Annual",
        "identifier": "CFQ7TTC0LFLX -A",
        "score": 100,
        "reasons": ["The same identifier CFQ7TTC0LFLX -A", "The same name", "Both are annual"],
        "ambiguous": None,
        "alternatives": [],
    }
    assert (monthly["psa_id"], monthly["alternatives"]) == (12, [])
    assert monthly["reasons"] == [f"The same part number {PART}", "The same name", "Both are monthly"]
    assert page["suggestions_problem"] is None


def customers() -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return accounts of which one is called otherwise, one has two counterparts, one a deleted one."""
    companies = [
        company(21, "FABRIKAM", "Fabrikam Deutschland AG", USD, city="Graz", country_id=1)
        | {"website": "www.fabrikam.example"},
        company(22, "CONTOSO", "Contoso Ltd", USD, city="Graz", country_id=1),
        company(23, "CONTOSO2", "Contoso", USD, city="Wien", country_id=1),
        company(24, "GONE", "Northwind", USD, city="Wien", country_id=1) | {"deletedFlag": True},
        company(25, "TAKEN", "Tailspin Toys", USD, city="Wien", country_id=1),
    ]
    accounts = [
        {"accountid": row_id("account", number), "name": name, **more}
        for number, (name, more) in enumerate(
            [
                ("Contoso Limited", {}),
                ("Fabrikam", bind("primarycontactid", "contacts", row_id("contact", 1))),
                ("Northwind", {}),
                ("Tailspin Toys", {}),
                ("Tailspin Toy", {}),
            ]
        )
    ]
    contacts = [{"contactid": row_id("contact", 1), "lastname": "Sample", "emailaddress1": "ada@fabrikam.example"}]
    rows = {
        "contacts": contacts,
        "accounts": accounts,
        "psasync_mappings": [mapping(1, ACCOUNT, row_id("account", 3), 25, "Tailspin Toys")],
    }
    return {"/company/companies": [one | {"defaultContact": None} for one in companies]}, rows


def test_accounts_find_their_company(outsider: Outsider) -> None:
    page = listed(prepared(outsider, *customers()), "accounts")
    found = {item["name"]: item["suggestion"] for item in page["items"]}
    assert {name: one and one["psa_id"] for name, one in found.items()} == {
        "Contoso Limited": 22,
        "Fabrikam": 21,
        "Northwind": None,
        "Tailspin Toys": None,
        "Tailspin Toy": None,
    }
    assert found["Fabrikam"]["reasons"] == [
        "One name is a part of the other",
        "The same e-mail domain fabrikam.example",
    ]
    assert found["Contoso Limited"]["ambiguous"] == (
        'ConnectWise has 2 records that are called "Contoso Ltd": CONTOSO in Graz, CONTOSO2 in Wien; '
        "choose the right one."
    )


def test_contracts_find_an_agreement_of_the_mapped_company_only(outsider: Outsider) -> None:
    companies = [
        company(number, f"C{number}", f"Company {number}", USD, city="Graz", country_id=1) | {"defaultContact": None}
        for number in (31, 32)
    ]
    agreements = [
        agreement(41, "Cloud", 31, USD),
        agreement(42, "Cloud", 32, USD),
        agreement(43, "Cloud", 31, USD) | {"billingCycle": {"id": CYCLE_YEARLY}},
        agreement(44, "Cloud", 31, USD) | {"cancelledFlag": True, "dateCancelled": "2026-01-02T00:00:00Z"},
    ]
    agreements = [one | {"contact": None} for one in agreements]
    contracts = [
        billing_contract(row_id("work365_billingcontract", number), "Cloud", row_id("account", number), USD)
        for number in (1, 2)
    ]
    rows = {
        "accounts": [{"accountid": row_id("account", number), "name": f"Account {number}"} for number in (1, 2)],
        "work365_billingcontracts": contracts,
        "psasync_mappings": [mapping(1, ACCOUNT, row_id("account", 1), 31, "Company 31")],
    }
    prepared(outsider, {"/company/companies": companies, "/finance/agreements": agreements}, rows)
    first, second = listed(outsider, "billing-contracts")["items"]
    assert first["suggestion"]["psa_id"] == 41
    assert first["suggestion"]["reasons"] == ["The same name", "Both are billed Monthly", "Both start on 2026-01-01"]
    assert [one["psa_id"] for one in first["suggestion"]["alternatives"]] == [43]
    assert second["suggestion"] is None


def unmapped_bulk(outsider: Outsider, *kinds: int) -> Outsider:
    """Put 1,200 customers with their agreements in place, those of these kinds unmapped."""
    seed = bulk.build(lines=0, agreements=1200)
    rows = seed["dataverse"]
    rows["psasync_mappings"] = [one for one in rows["psasync_mappings"] if one["psasync_kind"] not in kinds]
    return prepared(outsider, seed["connectwise"], rows)


@pytest.mark.parametrize(
    ("path", "kind", "score", "dataverse"),
    [("products", PRODUCT, 100, 3), ("accounts", ACCOUNT, 80, 3), ("billing-contracts", BILLING_CONTRACT, 60, 4)],
)
def test_a_list_is_read_once_in_few_requests(
    outsider: Outsider, path: str, kind: int, score: int, dataverse: int
) -> None:
    unmapped_bulk(outsider, kind)
    page = listed(outsider, path, "limit=5")
    assert [item["suggestion"]["score"] for item in page["items"]] == [score] * 5
    # two pages of 1,000, the newest id, an end of each chain, the tenant's address
    cold = requests_to(outsider, "connectwise")
    assert cold <= 8
    assert requests_to(outsider, "dataverse") == dataverse
    listed(outsider, path, f"limit=5&cursor={page['next_cursor']}")
    assert requests_to(outsider, "connectwise") == cold
    assert requests_to(outsider, "dataverse") == 2 * dataverse


def test_a_list_without_suggestions_asks_connectwise_nothing(outsider: Outsider) -> None:
    unmapped_bulk(outsider, ACCOUNT)
    page = listed(outsider, "accounts", "suggestions=false&limit=2")
    assert [item["suggestion"] for item in page["items"]] == [None, None]
    assert page["suggestions_problem"] is None
    assert requests_to(outsider, "connectwise") == 0
    assert "suggestions_problem" not in listed(outsider, "invoices")


def test_bulk_suggestions_for_all_unmapped_rows_of_a_list(outsider: Outsider) -> None:
    unmapped_bulk(outsider, ACCOUNT)
    document = listed(outsider, "accounts/suggestions", "limit=5000")
    assert document["next_cursor"] is None
    assert len(document["items"]) == 1200
    found = {item["name"]: item["suggestion"]["name"] for item in document["items"]}
    assert all(name == suggested for name, suggested in found.items())
    assert requests_to(outsider, "connectwise") <= 8
    assert requests_to(outsider, "dataverse") == 3
    first = listed(outsider, "accounts/suggestions", "limit=700", user="reader")
    second = listed(outsider, "accounts/suggestions", f"limit=700&cursor={first['next_cursor']}", user="reader")
    assert [*first["items"], *second["items"]] == document["items"]
    assert listed(outsider, "accounts/suggestions", "minimum_score=81")["items"] == []


def test_nothing_is_applied_and_what_is_mapped_is_suggested_no_more(outsider: Outsider) -> None:
    unmapped_bulk(outsider, ACCOUNT)
    (first, *_) = listed(outsider, "accounts/suggestions")["items"]
    assert len(outsider.rows("psasync_mappings")) == 1210
    body = {
        "connector_id": outsider.stack.connector_id,
        "kind": "account",
        "source_id": first["id"],
        "psa_id": first["suggestion"]["psa_id"],
    }
    outsider.call("PUT", "mappings", body).raise_for_status()
    document = listed(outsider, "accounts/suggestions", "limit=5000")
    assert first["id"] not in {item["id"] for item in document["items"]}
    assert body["psa_id"] not in {item["suggestion"]["psa_id"] for item in document["items"]}
    (listed_first, *_) = listed(outsider, "accounts")["items"]
    assert (listed_first["mapping"]["psa_id"], listed_first["suggestion"]) == (body["psa_id"], None)


def test_without_connectwise_the_list_comes_and_says_why(outsider: Outsider) -> None:
    unmapped_bulk(outsider, ACCOUNT)
    fault = {"match": {"method": "GET", "path": "/company/companies"}, "kind": "status", "status": 503}
    outsider.control("connectwise", "POST", "faults", fault)
    page = listed(outsider, "accounts", "limit=3")
    assert [item["suggestion"] for item in page["items"]] == [None] * 3
    assert page["suggestions_problem"] == (
        "ConnectWise does not answer, so there are no suggestions; load the list again in a minute."
    )
    asked = requests_to(outsider, "connectwise")
    assert listed(outsider, "accounts", "limit=3")["suggestions_problem"] == page["suggestions_problem"]
    assert requests_to(outsider, "connectwise") == asked, "ConnectWise is spared for half a minute"
    answer = outsider.call("GET", f"push/accounts/suggestions?connector_id={outsider.stack.connector_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "psa_unavailable")


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("invoices/suggestions", "", 404, "push_list_not_found"),
        ("accounts/suggestions", "&minimum_score=59", 400, "request_invalid"),
        ("accounts/suggestions", "&limit=5001", 400, "request_invalid"),
        ("accounts/suggestions", "&cursor=nonsense", 400, "request_invalid"),
        ("accounts", "&suggestions=perhaps", 400, "request_invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused(outsider: Outsider, path: str, query: str, status: int, code: str) -> None:
    answer = outsider.call("GET", f"push/{path}?connector_id={outsider.stack.connector_id}{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
