"""PATCH, PUT and DELETE."""

from typing import Any

import pytest

from tests.emulator.connectwise.harness import ROOT, Tenant

pytestmark = pytest.mark.emulator

COMPANY, CONTACT = "/company/companies/250", "/company/contacts/3105"
AGREEMENT = "/finance/agreements/412"


def test_patch_replaces_members_and_references_as_a_whole(tenant: Tenant) -> None:
    """connectwise.md 4.2: the path is the bare member name; a leading slash is accepted."""
    reply = tenant.patch(COMPANY, ("replace", "status", {"id": 2}), ("add", "/website", "https://new.example"))
    assert reply.status == 200
    assert (reply.json["status"]["name"], reply.json["website"]) == ("Inactive", "https://new.example")
    assert tenant.get(COMPANY).json["status"]["id"] == 2


def test_patch_into_a_reference_is_a_false_200(tenant: Tenant) -> None:
    """connectwise.md 4.2 and 13.7: a path into a reference answers 200 without effect."""
    before = tenant.get(AGREEMENT).json
    for path, value in (("company/identifier", "NORTHWIND"), ("/company/id", 251), ("type/name", "Managed Services")):
        reply = tenant.patch(AGREEMENT, ("replace", path, value))
        assert (reply.status, reply.json) == (200, before)


@pytest.mark.parametrize("path", ["Website", "webSite", "nonsense", "", "/", "website2"])
def test_patch_paths_are_case_sensitive_and_must_exist(tenant: Tenant, path: str) -> None:
    """connectwise.md 4.2: the path is case-sensitive."""
    reply = tenant.patch(COMPANY, ("replace", path, "x"))
    assert (reply.status, reply.json["code"]) == (400, "ConnectWiseApi")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "move", "path": "website", "value": "x"},
        {"op": "Replace", "path": "website", "value": "x"},
        {"path": "website", "value": "x"},
        {"op": "replace", "value": "x"},
        {"op": "replace", "path": 5, "value": "x"},
        {"op": "replace", "path": "website", "value": "x", "from": "y"},
    ],
)
def test_patch_operations_are_add_replace_and_remove(tenant: Tenant, operation: dict[str, Any]) -> None:
    """connectwise.md 4.2: operations add, replace, remove with path and value."""
    assert tenant.call("PATCH", ROOT + COMPANY, [operation]).status == 400
    for body in (b"[5]", b"5", b'"x"', b"null"):
        assert tenant.call("PATCH", ROOT + COMPANY, body).status == 500


def test_patch_checks_types_caps_choices_and_references(tenant: Tenant) -> None:
    """connectwise.md 4.1 and 5: the same refusals as for a create."""
    assert tenant.patch(COMPANY, ("replace", "numberOfEmployees", "many")).status == 500
    assert tenant.patch(COMPANY, ("replace", "name", "x" * 51)).faults == {("MaxLengthField", "name")}
    assert tenant.patch(COMPANY, ("replace", "status", {"id": 99})).faults == {("NotFound", "status/id")}
    assert tenant.patch(AGREEMENT, ("replace", "billTime", "Never")).faults == {("InvalidField", "billTime")}
    assert tenant.patch(COMPANY, ("replace", "status", {"nr": 1})).status == 400


def test_patch_remove_clears_but_not_what_is_required(tenant: Tenant) -> None:
    """connectwise.md 4.2: remove; required members stay required."""
    assert "website" not in tenant.patch(COMPANY, ("remove", "website", "ignored")).json
    assert tenant.patch(COMPANY, ("remove", "name", None)).faults == {("MissingRequiredField", "name")}
    assert tenant.patch(COMPANY, ("replace", "deletedFlag", None)).json["deletedFlag"] is False


def test_the_id_and_computed_members_cannot_be_changed(tenant: Tenant) -> None:
    """connectwise.md 9: computed by the server; a change is ignored like a path into a reference."""
    before = tenant.get(AGREEMENT).json
    operations = (
        ("replace", "id", 7),
        ("replace", "agreementStatus", "Cancelled"),
        ("replace", "nextInvoiceDate", "x"),
    )
    reply = tenant.patch(AGREEMENT, *operations)
    assert (reply.status, {**reply.json, "_info": 0}) == (200, {**before, "_info": 0})
    assert "dateDeleted" not in tenant.patch(COMPANY, ("replace", "dateDeleted", "2025-01-01T00:00:00Z")).json


def test_a_refused_patch_changes_nothing(tenant: Tenant) -> None:
    """connectwise.md 4.2: one bad operation refuses all."""
    before = tenant.get(COMPANY).json
    assert tenant.patch(COMPANY, ("replace", "website", "x"), ("replace", "name", "")).status == 400
    assert tenant.get(COMPANY).json == before


def test_a_change_moves_last_updated_and_an_empty_patch_does_not(tenant: Tenant) -> None:
    """connectwise.md 4.4: the only check is to compare _info.lastUpdated."""
    tenant.set_clock("2031-01-01T00:00:00Z")
    before = tenant.get(COMPANY).json
    assert tenant.patch(COMPANY).json == before
    changed = tenant.patch(COMPANY, ("replace", "city", "Elsewhere")).json
    assert changed["_info"]["lastUpdated"] == "2031-01-01T00:00:00Z"
    assert tenant.ids("/company/companies", conditions="lastUpdated>=[2031-01-01]") == [250]


@pytest.mark.parametrize(
    ("path", "member", "value"),
    [(COMPANY, "types", [{"id": 2}]), (CONTACT, "types", [{"id": 1}]), (CONTACT, "typeIds", [1])],
)
def test_types_can_only_be_given_on_create(tenant: Tenant, path: str, member: str, value: Any) -> None:
    """connectwise.md 4.2 and 13.7: types are refused later."""
    assert tenant.patch(path, ("replace", member, value)).faults == {("InvalidField", member)}


def test_array_elements_can_be_changed_appended_and_removed(tenant: Tenant) -> None:
    """connectwise.md 4.2: /communicationItems/1/value was changed, add at the end was appended."""
    items = tenant.patch(CONTACT, ("replace", "/communicationItems/1/value", "+491")).json["communicationItems"]
    assert [item["value"] for item in items] == ["ada@fabrikam.example", "+491"]
    new = {"type": {"id": 4}, "value": "+492"}
    items = tenant.patch(CONTACT, ("add", "/communicationItems/2", new)).json["communicationItems"]
    assert [item["value"] for item in items] == ["ada@fabrikam.example", "+491", "+492"]
    tenant.patch(CONTACT, ("replace", "communicationItems/1/extension", "7"))
    cleared = tenant.patch(CONTACT, ("remove", "communicationItems/1/extension", "ignored")).json
    assert "extension" not in cleared["communicationItems"][1]
    items = tenant.patch(CONTACT, ("remove", "communicationItems/0", None)).json["communicationItems"]
    assert [item["value"] for item in items] == ["+491", "+492"]
    tags = tenant.patch(COMPANY, ("add", "integratorTags/0", "a"), ("add", "integratorTags/-", "b")).json
    assert tags["integratorTags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("communicationItems/9", {"type": {"id": 1}, "value": "x"}, 400),
        ("communicationItems/x", {"type": {"id": 1}, "value": "x"}, 400),
        ("communicationItems/0/nonsense", "x", 400),
        ("communicationItems/0/value", 5, 500),
        ("communicationItems/0", "x", 500),
        ("communicationItems/0", {"color": "x"}, 400),
        ("communicationItems/0/value", "x" * 251, 400),
        ("communicationItems/0/type/name", "x", 200),
        ("integratorTags/0", 5, 500),
    ],
)
def test_array_paths_are_checked(tenant: Tenant, path: str, value: Any, status: int) -> None:
    """connectwise.md 4.2: elements by index; a path into the reference of an element has no effect either."""
    before = tenant.get(CONTACT).json["communicationItems"]
    assert tenant.patch(CONTACT, ("add" if "Tags" in path else "replace", path, value)).status == status
    assert tenant.get(CONTACT).json["communicationItems"] == before


def test_custom_fields_keep_what_a_body_leaves_out(tenant: Tenant) -> None:
    """connectwise.md 4.2: an empty array clears nothing; extras of answers are in no model."""
    sent = tenant.patch(CONTACT, ("replace", "customFields", [{"id": 21, "value": "k1"}]))
    assert sent.json["customFields"][0]["value"] == "k1"
    assert tenant.patch(CONTACT, ("replace", "customFields", [])).json["customFields"][0]["value"] == "k1"
    as_read = tenant.get(CONTACT).json["customFields"]
    assert {"rowNum", "userDefinedFieldRecId", "podId"} <= set(as_read[0])
    assert tenant.patch(CONTACT, ("replace", "customFields", as_read)).status == 400
    changed = tenant.patch(CONTACT, ("replace", "customFields/0/value", "k2"))
    assert changed.json["customFields"][0]["value"] == "k2"
    cleared = tenant.patch(CONTACT, ("replace", "customFields", [{"id": 21, "value": None}]))
    assert cleared.json["customFields"][0]["value"] is None
    assert tenant.patch(CONTACT, ("replace", "customFields", [{"id": 99, "value": "x"}])).status == 400
    assert tenant.patch(CONTACT, ("replace", "customFields", [{"id": 21, "value": 5}])).status == 400


@pytest.mark.parametrize(
    ("field_type", "good", "bad"), [("Checkbox", True, "yes"), ("Number", 1.5, "1.5"), ("Date", "2025-07-01", 5)]
)
def test_custom_values_have_the_type_of_their_field(tenant: Tenant, field_type: str, good: Any, bad: Any) -> None:
    """connectwise.md 9.6: types of custom fields; an element may be named by its caption."""
    field = {"id": 30, "caption": "C", "type": field_type, "object": "Company"}
    tenant.control("POST", "seed", {"/system/userDefinedFields": [field]})
    assert tenant.patch(COMPANY, ("replace", "customFields", [{"caption": "C", "value": bad}])).status == 400
    reply = tenant.patch(COMPANY, ("replace", "customFields", [{"caption": "C", "value": good}]))
    assert float(reply.json["customFields"][0]["value"]) == good if field_type == "Number" else reply.status == 200
    assert tenant.patch(COMPANY, ("replace", "customFields", [{"caption": "D", "value": good}])).status == 400


def test_custom_fields_may_be_demanded_in_every_patch(tenant: Tenant) -> None:
    """connectwise.md 4.2: objects with custom fields may answer 400 unless an operation on them is included."""
    tenant.switch(custom_fields_in_every_patch=True)
    assert tenant.patch(CONTACT, ("replace", "title", "x")).faults == {("InvalidField", "customFields")}
    assert tenant.patch(CONTACT, ("replace", "title", "x"), ("replace", "customFields", [])).status == 200
    assert tenant.patch(COMPANY, ("replace", "city", "x")).status == 200


def test_put_nulls_or_defaults_what_is_absent(tenant: Tenant) -> None:
    """connectwise.md 4.3: PUT replaces the record."""
    tenant.patch(COMPANY, ("replace", "leadFlag", True))
    reply = tenant.put(COMPANY, {"identifier": "FABRIKAMSAMPLE", "name": "New name"})
    assert reply.status == 200
    assert (reply.json["id"], reply.json["name"], reply.json["leadFlag"]) == (250, "New name", False)
    assert "website" not in reply.json
    assert [each["id"] for each in reply.json["types"]] == [1]
    assert tenant.put(COMPANY, {"name": "x"}).faults == {("MissingRequiredField", "identifier")}


def test_put_of_an_agreement_needs_the_members_marked_for_updates(tenant: Tenant) -> None:
    """connectwise.md 9.4: employeeCompRate, invoicingCycle, billTime, billExpenses, billProducts "on updates"."""
    body: dict[str, Any] = {"name": "A", "type": {"id": 12}, "company": {"id": 250}, "contact": {"id": 3105}}
    needed = {
        "employeeCompRate": "Actual",
        "invoicingCycle": "ContractYear",
        "billTime": "NoDefault",
        "billExpenses": "NoDefault",
        "billProducts": "Billable",
    }
    assert tenant.put(AGREEMENT, body).faults == {("MissingRequiredField", name) for name in needed}
    assert tenant.put(AGREEMENT, {**body, **needed}).status == 200


def test_an_answer_can_be_put_back(tenant: Tenant) -> None:
    """connectwise.md 4.3: what a GET shows, without the extras of custom fields, is a valid PUT."""
    for path in (COMPANY, AGREEMENT, "/procurement/catalog/990", f"{AGREEMENT}/additions/77001"):
        before = tenant.get(path).json
        reply = tenant.put(path, before)
        assert reply.status == 200, reply.body
        assert {**reply.json, "_info": 0} == {**before, "_info": 0}


def test_delete_answers_204_then_404(tenant: Tenant) -> None:
    """connectwise.md 4.3 and 6: 204 without a body; a repeated DELETE answers 404."""
    path = f"{AGREEMENT}/additions/77001"
    reply = tenant.delete(path)
    assert (reply.status, reply.body) == (204, b"")
    assert "content-length" not in reply.headers
    assert tenant.delete(path).json == {"code": "NotFound", "message": "Addition 77001 not found"}
    assert tenant.get(path).status == 404


def test_ids_are_not_given_out_again(tenant: Tenant) -> None:
    """connectwise.md 3.3: ids grow."""
    body = {"product": {"id": 990}, "billCustomer": "Billable"}
    first = tenant.post(f"{AGREEMENT}/additions", body).json["id"]
    tenant.delete(f"{AGREEMENT}/additions/{first}")
    assert tenant.post(f"{AGREEMENT}/additions", body).json["id"] > first


@pytest.mark.parametrize(
    "path",
    [COMPANY, CONTACT, "/procurement/catalog/990", f"{COMPANY}/sites/611"],
)
def test_a_record_in_use_is_409(tenant: Tenant, path: str) -> None:
    """connectwise.md 5: 409, record in use."""
    assert tenant.delete(path).status == 409
    assert tenant.get(path).status == 200


def test_an_unused_company_goes_with_what_it_owns(tenant: Tenant) -> None:
    """connectwise.md 4.3: sites and type associations are no reason to keep a company."""
    assert tenant.delete("/company/companies/252").status == 204
    assert tenant.get("/company/companies/252/sites").status == 404
    assert tenant.control("GET", "state", collection="/system/locations").json["total"] > 0
    left = tenant.control("GET", "state").json["collections"]
    assert left["/company/companies/{parentId}/sites"] == 2


def test_a_contact_can_hand_its_records_over(tenant: Tenant) -> None:
    """OpenAPI slice: transferContactId takes over the records of the deleted contact."""
    heir = tenant.post("/company/contacts", {"firstName": "Heir", "company": {"id": 250}}).json["id"]
    assert tenant.delete(CONTACT, transferContactId=99999).status == 400
    assert tenant.delete(CONTACT, transferContactId=heir).status == 204
    assert tenant.get(AGREEMENT).json["contact"]["id"] == heir
    assert tenant.get(COMPANY).json["defaultContact"]["id"] == heir


def test_a_row_is_found_only_under_its_parent(tenant: Tenant) -> None:
    """connectwise.md 9.5: additions live under their agreement."""
    assert tenant.get("/finance/agreements/413/additions/77001").status == 404
    assert tenant.delete("/finance/agreements/413/additions/77001").status == 404
    assert tenant.get("/finance/agreements/999/additions").json["message"] == "Agreement 999 not found"
    assert tenant.ids("/finance/agreements/413/additions", conditions="id=77001") == []
