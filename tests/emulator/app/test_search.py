"""The live search through the real parts: one request to ConnectWise, whatever the text."""

from typing import Any
from urllib.parse import quote

import pytest

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator

STRANGE = 'Ünï "best" [x] 50% O\'Neil \\ 🙂 & co'


def search(outsider: Outsider, path: str, **query: Any) -> dict[str, Any]:
    parameters = {"connector_id": outsider.stack.connector_id} | query
    text = "&".join(f"{name}={quote(str(value))}" for name, value in parameters.items())
    outsider.control("connectwise", "DELETE", "requests")
    answer = outsider.call("GET", f"psa/{path}?{text}")
    assert answer.status_code == 200, answer.text
    assert sum(outsider.counts("connectwise").values()) <= 1
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture
def tenant(outsider: Outsider) -> Outsider:
    """A tenant whose route is known, with some companies of difficult names beside those of the seed."""
    companies = [
        {"id": 91, "identifier": "STRANGE", "name": STRANGE, "site": {"name": "Main"}, "city": "Graz"},
        {"id": 92, "identifier": "OLD", "name": "Strange old", "site": {"name": "Main"}, "deletedFlag": True},
        {"id": 93, "identifier": "MY", "name": "My strange shop", "site": {"name": "Main"}},
    ]
    outsider.control("connectwise", "POST", "seed", {"/company/companies": companies})
    query = f"connector_id={outsider.stack.connector_id}&search=warm"
    assert outsider.call("GET", f"psa/companies?{query}").status_code == 200
    return outsider


@pytest.mark.parametrize("text", ["best", '"best"', "[x]", "50%", "O'Neil", "🙂 &", "& co", "\\ 🙂", "Ünï", STRANGE])
def test_any_characters_find_the_company(tenant: Outsider, text: str) -> None:
    assert [item["psa_id"] for item in search(tenant, "companies", search=text)["items"]] == [91]


def test_companies_are_ranked_and_deleted_ones_left_out_with_the_reason(tenant: Outsider) -> None:
    found = search(tenant, "companies", search="strange")
    assert [item["psa_id"] for item in found["items"]] == [91, 93]
    assert found["excluded"] == [{"reason": "It was deleted in ConnectWise.", "count": 1}]
    assert found["items"][0] == {
        "psa_id": 91,
        "name": STRANGE,
        "identifier": "STRANGE",
        "types": [],
        "status": found["items"][0]["status"],
        "exclusion": None,
        "city": "Graz",
    }
    everything = search(tenant, "companies", search="strange", show_all="true")
    assert [(item["psa_id"], item["exclusion"] is None) for item in everything["items"]] == [
        (91, True),
        (92, False),
        (93, True),
    ]


def test_agreements_of_the_mapped_company(tenant: Outsider) -> None:
    (company,) = {
        row["psasync_psaid"] for row in tenant.rows("psasync_mappings") if row["psasync_kind"] == 451000000
    } & {bulk.FIRST_COMPANY_ID}
    own = search(tenant, "agreements", company=company)["items"]
    assert [item["psa_id"] for item in own] == [bulk.agreement_id(0)]
    name = own[0]["name"][:3]
    everything = search(tenant, "agreements", company=company, search=name, show_all="true")["items"]
    assert [item["psa_id"] for item in everything] == [bulk.agreement_id(0), bulk.agreement_id(1)]
    assert everything[1]["exclusion"] == "It belongs to another company than the mapped account."


def test_catalog_items_are_found_by_their_identifier(tenant: Outsider) -> None:
    listed = tenant.control("connectwise", "GET", "state?collection=/procurement/catalog&limit=1000")["rows"]
    wanted = listed[0]
    found = search(tenant, "catalog-items", search=wanted["identifier"].lower())["items"]
    assert found[0]["psa_id"] == wanted["id"]
    assert found[0]["identifier"] == wanted["identifier"]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("search=x", "search: type 2 or more characters"),
        ("search=xy&colour=red", "colour"),
        ("search=xy&limit=0", "limit"),
    ],
)
def test_a_query_that_is_not_valid_is_refused_by_name(tenant: Outsider, query: str, fault: str) -> None:
    answer = tenant.call("GET", f"psa/companies?connector_id={tenant.stack.connector_id}&{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
    assert fault in str(answer.json()["errors"])


def test_what_cannot_be_searched_is_a_404(tenant: Outsider) -> None:
    answer = tenant.call("GET", f"psa/invoices?connector_id={tenant.stack.connector_id}&search=xy")
    assert (answer.status_code, answer.json()["code"]) == (404, "search_list_not_found")


def test_readers_do_not_search(tenant: Outsider) -> None:
    assert tenant.call("GET", "psa/companies?search=xy", user="reader").status_code == 403
