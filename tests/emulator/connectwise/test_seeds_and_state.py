"""Seeds, stored rows, reset and restart."""

from pathlib import Path
from typing import Any

import pytest

from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

COMPANIES, AGREEMENTS = "/company/companies", "/finance/agreements"


@pytest.fixture
def empty() -> Tenant:
    """A tenant with setup lists only."""
    return Tenant(seed={})


def seed(tenant: Tenant, document: Any) -> Any:
    """Load a seed over the control plane and return the answer."""
    return tenant.control("POST", "seed", document)


def test_a_record_comes_back_as_it_was_read(tenant: Tenant) -> None:
    """Architecture 10: a seed holds records as a GET would return them, ids and additions included."""
    paths = {
        COMPANIES: f"{COMPANIES}/250",
        "/company/contacts": "/company/contacts/3105",
        "/procurement/catalog": "/procurement/catalog/990",
        AGREEMENTS: f"{AGREEMENTS}/412",
        f"{AGREEMENTS}/412/additions": f"{AGREEMENTS}/412/additions/77001",
    }
    records = {collection: tenant.get(path).json for collection, path in paths.items()}
    other = Tenant(seed={})
    reply = seed(other, {collection: [record] for collection, record in records.items()})
    assert reply.json == {"counts": dict.fromkeys(paths, 1)}
    assert {collection: other.get(path).json for collection, path in paths.items()} == records


def test_keys_may_lack_the_leading_slash_and_the_order_of_collections_does_not_matter(empty: Tenant) -> None:
    """Architecture 10: "<collection path>": [records]."""
    document = {
        "finance/agreements/7/additions/": [{"product": {"id": 5}, "quantity": 2}],
        "finance/agreements": [{"id": 7, "name": "A", "company": {"identifier": "C"}, "contact": {"id": 4}}],
        "company/contacts": [{"id": 4, "firstName": "F", "company": {"name": "Cee"}, "defaultFlag": True}],
        "procurement/catalog": [{"id": 5, "identifier": "SKU", "price": 3, "subcategory": {"name": "Cloud usage"}}],
        "company/companies": [{"identifier": "C", "name": "Cee", "types": [{"name": "Vendor"}], "site": {"name": "S"}}],
    }
    assert seed(empty, document).status == 200
    company = empty.get(COMPANIES).json[0]
    assert company["id"] == 1
    assert (company["types"][0]["name"], company["site"]["name"], company["defaultContact"]["id"]) == ("Vendor", "S", 4)
    addition = empty.get(f"{AGREEMENTS}/7/additions").json[0]
    assert (addition["unitPrice"], addition["extPrice"]) == (3, 6)


def test_business_rules_do_not_apply_to_seeds(empty: Tenant) -> None:
    """Architecture 10: loaded without business rules."""
    rows = [{"id": row_id, "identifier": "SAME", "name": "N" * 80} for row_id in (1, 2)]
    assert seed(empty, {COMPANIES: rows}).status == 200


def test_status_and_next_invoice_date_of_a_seed_hold_until_term_and_billing_change(empty: Tenant) -> None:
    """A seed may fix what the server otherwise computes."""
    agreement = {
        "id": 1,
        "name": "A",
        "type": {"id": 12},
        "company": {"id": 1},
        "contact": {"id": 1},
        "startDate": "2025-01-01T00:00:00Z",
        "billingCycle": {"id": 2},
        "agreementStatus": "Expired",
        "nextInvoiceDate": "2031-01-01T00:00:00Z",
    }
    contact = {"id": 1, "firstName": "F", "company": {"id": 1}}
    seed(empty, {COMPANIES: [{"id": 1, "name": "C"}], "/company/contacts": [contact], AGREEMENTS: [agreement]})
    path = f"{AGREEMENTS}/1"
    for shown in (empty.get(path).json, empty.patch(path, ("replace", "name", "B")).json):
        assert (shown["agreementStatus"], shown["nextInvoiceDate"]) == ("Expired", "2031-01-01T00:00:00Z")
    assert empty.ids(AGREEMENTS, conditions="nextInvoiceDate>=[2031-01-01]") == [1]
    later = ("replace", "dateCancelled", "2099-01-01T00:00:00Z")
    assert empty.patch(path, later).json["agreementStatus"] == "Active"
    assert empty.patch(path, ("replace", "billingCycle", {"id": 5})).json["nextInvoiceDate"] == "2025-01-01T00:00:00Z"


def test_a_seeded_agreement_can_be_changed_although_its_site_is_foreign(empty: Tenant) -> None:
    """Rules look at what a change touches: seeds may hold what the rules would refuse."""
    companies = [{"id": i, "name": "C", "site": {"id": i, "name": "S"}} for i in (1, 2)]
    foreign = {"type": {"id": 12}, "company": {"id": 1}, "contact": {"id": 1}, "site": {"id": 2}}
    contact = {"id": 1, "firstName": "F", "company": {"id": 2}}
    seed(empty, {COMPANIES: companies, "/company/contacts": [contact], AGREEMENTS: [{"id": 1, "name": "A", **foreign}]})
    assert empty.patch(f"{AGREEMENTS}/1", ("replace", "name", "B")).status == 200


def test_sites_of_a_seed_are_not_written_twice(empty: Tenant) -> None:
    """A site comes with its own record, from the company that names it, or not at all."""
    document = {
        COMPANIES: [{"id": 1, "site": {"id": 7, "name": "Named"}}, {"id": 2, "status": None, "_info": None}],
        f"{COMPANIES}/1/sites": [{"id": 7, "name": "Own record", "city": "Bonn", "company": {"id": 1}}],
    }
    assert seed(empty, document).status == 200
    assert empty.get(f"{COMPANIES}/1/sites").json[0]["name"] == "Own record"
    assert empty.get(f"{COMPANIES}/1").json["site"] == {"id": 7, "name": "Own record", "_info": {}}
    assert "site" not in empty.get(f"{COMPANIES}/2").json


def test_an_invoiced_period_can_be_seeded(empty: Tenant) -> None:
    """The member _emulator of a seeded record holds what no answer shows."""
    row = {"id": 1, "name": "A", "startDate": "2025-01-01T00:00:00Z", "_emulator": {"invoicedThru": "2025-06-30"}}
    seed(empty, {AGREEMENTS: [row], "/procurement/catalog": [{"id": 1, "identifier": "S"}]})
    body = {"product": {"id": 1}, "billCustomer": "Billable", "effectiveDate": "2025-06-30T00:00:00Z"}
    assert empty.post(f"{AGREEMENTS}/1/additions", body).status == 400
    assert empty.post(f"{AGREEMENTS}/1/additions", {**body, "effectiveDate": "2025-07-01T00:00:00Z"}).status == 201


def test_lists_that_the_api_does_not_serve_can_be_seeded_or_adopted(empty: Tenant) -> None:
    """References to countries, locations and the like need rows that only a seed can bring."""
    document = {
        "/sales/opportunities": [{"id": 5, "name": "Big deal"}],
        AGREEMENTS: [{"id": 1, "name": "A", "opportunity": {"id": 5}, "sla": {"id": 9, "name": "Gold"}}],
    }
    assert seed(empty, document).status == 200
    row = empty.get(f"{AGREEMENTS}/1").json
    assert (row["opportunity"]["name"], row["sla"]["name"]) == ("Big deal", "Gold")
    assert empty.patch(f"{AGREEMENTS}/1", ("replace", "sla", {"id": 10})).status == 400


def test_floats_of_a_seed_in_python_mean_their_shortest_text() -> None:
    """A seed that is Python code may hold 0.1; the store holds no binary floats."""
    tenant = Tenant(seed={"/procurement/catalog": [{"id": 1, "identifier": "S", "price": 0.1}]})
    assert b'"price":0.1,' in tenant.get("/procurement/catalog/1").body


def test_custom_fields_of_a_seed_bring_their_definition(empty: Tenant) -> None:
    """connectwise.md 9.6: caption, type and value."""
    field = {"id": 33, "caption": "Subscription ID", "type": "Text", "value": "s-1", "rowNum": 1, "podId": "x"}
    seed(empty, {COMPANIES: [{"id": 1, "name": "A", "customFields": [field]}, {"id": 2, "name": "B"}]})
    assert [empty.get(f"{COMPANIES}/{i}").json["customFields"][0]["value"] for i in (1, 2)] == ["s-1", None]
    assert empty.ids(COMPANIES, customFieldConditions='caption="Subscription ID" and value="s-1"') == [1]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"/company/nothing": []}, "/company/nothing: no such collection"),
        ({AGREEMENTS + "/x/additions": []}, f"{AGREEMENTS}/x/additions: no such collection"),
        ({COMPANIES: {}}, f"{COMPANIES}: a list of records is expected"),
        ({COMPANIES: [5]}, f"{COMPANIES}[0]: a record is expected"),
        ({COMPANIES: [{"color": 1}]}, f"{COMPANIES}[0].color: Company has no such member"),
        ({COMPANIES: [{"status": {"nr": 1}}]}, f"{COMPANIES}[0].status.nr: CompanyStatusReference has no such member"),
        (
            {COMPANIES: [{"customFields": {}}]},
            f"{COMPANIES}[0].customFields: {{object}} is not of type System.Collections.Generic.List`1",
        ),
        (
            {COMPANIES: [{"id": 1}], f"{COMPANIES}/1/sites": [{"company": {"id": 2}}]},
            f"{COMPANIES}/1/sites[0].company: 2 is not the parent in the path",
        ),
        ({COMPANIES: [{"id": "x"}]}, f'{COMPANIES}[0].id: "x" is not of type System.Int32'),
        ({COMPANIES: [{"status": {"id": 99}}]}, f"{COMPANIES}[0].status/id: CompanyStatus 99 not found"),
        ({COMPANIES: [{"status": {"name": "x"}}]}, f"{COMPANIES}[0].status: no CompanyStatus is called like that"),
        ({COMPANIES: [{"types": [{"id": 99}]}]}, f"{COMPANIES}[0].types[0]/id: CompanyType 99 not found"),
        ({COMPANIES: [{"country": {"id": 99}}]}, f"{COMPANIES}[0].country/id: Country 99 not found"),
        ({COMPANIES: [{"id": 1}, {"id": 1}]}, f"{COMPANIES}[1].id: 1 is there twice"),
        ({AGREEMENTS + "/1/additions": [{}]}, f"{AGREEMENTS}/1/additions[0]: Agreement 1 not found"),
        (
            {AGREEMENTS: [{"id": 1}], AGREEMENTS + "/1/additions": [{}]},
            f"{AGREEMENTS}/1/additions[0].product: an addition needs a product",
        ),
        (
            {AGREEMENTS: [{"id": 1}], AGREEMENTS + "/1/additions": [{"agreementId": 2}]},
            f"{AGREEMENTS}/1/additions[0].agreementId: 2 is not the parent in the path",
        ),
        (
            {"/company/contacts": [{"communicationItems": [{"type": {"id": 77}}]}]},
            "/company/contacts[0].communicationItems[0].type: no such CommunicationType",
        ),
    ],
)
def test_a_seed_error_names_the_place_and_loads_nothing(empty: Tenant, document: Any, message: str) -> None:
    """Control plane: SeedError reads "<path in the document>: <what is wrong>"."""
    before = empty.control("GET", "state").json
    reply = seed(empty, document)
    assert (reply.status, reply.json) == (400, {"error": message})
    assert empty.control("GET", "state").json == before


def test_reset_empties_the_store_and_keeps_setup_lists_and_keys(tenant: Tenant) -> None:
    """Architecture 10: reset keeps credentials, setup lists and metadata."""
    assert tenant.control("POST", "reset").status == 200
    counts = tenant.control("GET", "state").json["collections"]
    assert counts[COMPANIES] == counts[AGREEMENTS] == counts[f"{AGREEMENTS}/{{parentId}}/additions"] == 0
    assert counts["/finance/agreements/types"] == 5
    made = tenant.post(COMPANIES, {"identifier": "A", "name": "A"})
    assert (made.status, made.json["id"]) == (201, 1)


def test_state_answers_stored_rows_in_pages(tenant: Tenant) -> None:
    """Architecture 10: any outside program can compare the two systems."""
    tenant.post(f"{AGREEMENTS}/413/additions", {"product": {"id": 990}, "billCustomer": "Billable", "unitPrice": 0.1})
    whole = tenant.control("GET", "state", collection=f"{AGREEMENTS}/additions").json
    assert (whole["total"], whole["next"]) == (2, None)
    first = tenant.control("GET", "state", collection=f"{AGREEMENTS}/additions", limit=1).json
    second = tenant.control("GET", "state", collection=f"{AGREEMENTS}/additions", limit=1, offset=1).json
    assert (first["next"], second["next"]) == (1, None)
    assert first["rows"] + second["rows"] == whole["rows"]
    one = tenant.control("GET", "state", collection=f"{AGREEMENTS}/413/additions").json
    assert one["rows"][0] == tenant.get(f"{AGREEMENTS}/413/additions").json[0]


@pytest.mark.parametrize(
    "params",
    [
        {"table": "x"},
        {"collection": "/nothing"},
        {"collection": COMPANIES, "limit": "0"},
        {"collection": COMPANIES, "limit": "1001"},
        {"collection": f"{COMPANIES}/250"},
    ],
)
def test_state_refuses_what_it_does_not_know(tenant: Tenant, params: dict[str, str]) -> None:
    """Architecture 10: bad input of a control route is a 400 that names the member."""
    assert tenant.control("GET", "state", **params).status == 400


def test_rows_survive_a_restart(tmp_path: Path) -> None:
    """Issue: state survives a restart with --data DIR, ids and exact numbers included."""
    first = Tenant(data=tmp_path)
    body = {"product": {"id": 990}, "billCustomer": "Billable", "unitPrice": 7.41935}
    kept = first.post(f"{AGREEMENTS}/413/additions", body).json
    gone = first.post(f"{AGREEMENTS}/413/additions", body).json["id"]
    first.delete(f"{AGREEMENTS}/413/additions/{gone}")
    first.patch("/company/contacts/3105", ("replace", "customFields", [{"id": 21, "value": "k"}]))
    first.control("POST", "invoice-agreements", thru="2025-08-31")
    paths = (f"{COMPANIES}/250", "/company/contacts/3105", f"{AGREEMENTS}/412", f"{AGREEMENTS}/413/additions")
    before = [first.get(path).json for path in paths]
    second = Tenant(data=tmp_path)
    assert [second.get(path).json for path in paths] == before
    assert before[3] == [kept]
    assert second.post(f"{AGREEMENTS}/414/additions", body).json["id"] == gone + 1
    assert second.get("/finance/invoices/count").json == first.get("/finance/invoices/count").json
    assert second.post(COMPANIES, {"identifier": "FABRIKAMSAMPLE", "name": "x"}).status == 400
    second.post("/company/contacts", {"firstName": "x", "communicationItems": [{"type": {"id": 1}}]})
    second.control("POST", "reset")
    item = {"type": {"id": 1}, "value": "a@b.example"}
    second.post("/company/contacts", {"firstName": "x", "communicationItems": [item]})
    assert Tenant(data=tmp_path).get("/company/contacts/1").json["communicationItems"][0]["id"] == 1
    second.control("POST", "reset")
    assert Tenant(data=tmp_path).get(f"{COMPANIES}/count").json == {"count": 0}
