"""Companies, sites, type associations, contacts, the catalog and agreements."""

from typing import Any

import pytest

from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

ITEM = {
    "identifier": "NEW:1-M",
    "description": "New item",
    "customerDescription": "New item, long",
    "subcategory": {"id": 17},
    "type": {"id": 3},
}
AGREEMENT_TYPE = {
    "name": "Plain",
    "employeeCompRate": "Actual",
    "employeeCompNotExceed": "Billing",
    "invoicingCycle": "ContractYear",
    "billTime": "Billable",
    "billExpenses": "Billable",
    "billProducts": "Billable",
}
AGREEMENT = {"name": "A", "type": {"id": 12}, "company": {"id": 250}, "contact": {"id": 3105}}


def test_a_company_is_created_with_site_types_and_defaults(tenant: Tenant) -> None:
    """Fixture company.json and connectwise.md 9.1: identifier and name suffice; the answer shows the stored record."""
    reply = tenant.post(
        "/company/companies",
        {
            "identifier": "ACME",
            "name": "Acme",
            "site": {"name": "Depot"},
            "types": [{"id": 1}, {"id": 3}],
            "city": "Bonn",
        },
    )
    row = reply.json
    assert reply.status == 201
    assert (row["status"]["name"], row["site"]["name"]) == ("Active", "Depot")
    assert [each["name"] for each in row["types"]] == ["Client", "Vendor"]
    assert (row["deletedFlag"], row["customFields"]) == (False, [])
    site = tenant.get(f"/company/companies/{row['id']}/sites/{row['site']['id']}").json
    assert (site["name"], site["city"], site["primaryAddressFlag"]) == ("Depot", "Bonn", True)
    for wrong, fault in (({"id": 99}, "types/id"), ({}, "types")):
        refused = tenant.post("/company/companies", {"identifier": "B", "name": "B", "types": [{"id": 1}, wrong]})
        assert refused.faults == {("NotFound", fault)}
    plain = tenant.post("/company/companies", {"identifier": "PLAIN", "name": "Plain"}).json
    assert (plain["site"]["name"], plain["types"]) == ("Main", [])


def test_a_company_identifier_is_unique(tenant: Tenant) -> None:
    """connectwise.md 5: a duplicate is 400 ObjectExists, not 409."""
    reply = tenant.post("/company/companies", {"identifier": "fabrikamsample", "name": "x"})
    assert reply.status == 400
    assert reply.json["errors"] == [
        {
            "code": "ObjectExists",
            "message": "Company ID already in use.",
            "resource": "company",
            "field": "identifier",
        }
    ]
    assert tenant.patch("/company/companies/251", ("replace", "identifier", "TAILSPIN")).status == 400
    assert tenant.patch("/company/companies/251", ("replace", "identifier", "Northwind")).status == 200


def test_a_default_contact_must_exist_and_belong_to_the_company(tenant: Tenant) -> None:
    """connectwise.md 9.1: a contact must exist before it can be the default."""
    path = "/company/companies/252"
    assert tenant.patch(path, ("replace", "defaultContact", {"id": 9})).faults == {("NotFound", "defaultContact/id")}
    refused = tenant.patch(path, ("replace", "defaultContact", {"id": 3105}))
    assert refused.faults == {("InvalidField", "defaultContact")}
    contact = tenant.post("/company/contacts", {"firstName": "T", "company": {"id": 252}}).json
    assert contact["defaultFlag"] is False
    changed = tenant.patch(path, ("replace", "defaultContact", {"id": contact["id"]})).json
    assert changed["defaultContact"]["name"] == "T"
    assert tenant.get(f"/company/contacts/{contact['id']}").json["defaultFlag"] is True


def test_the_recycle_bin_keeps_the_identifier(tenant: Tenant) -> None:
    """Domain 3.3: recycle-bin records keep their names; deletedBy and dateDeleted are set by the server."""
    tenant.set_clock("2025-07-01T09:00:00Z")
    row = tenant.patch("/company/companies/252", ("replace", "deletedFlag", True)).json
    assert (row["dateDeleted"], row["deletedBy"]) == ("2025-07-01T09:00:00Z", "BillingSync")
    assert tenant.ids("/company/companies", conditions="deletedFlag=false") == [250, 251]
    assert tenant.post("/company/companies", {"identifier": "TAILSPIN", "name": "x"}).status == 400
    restored = tenant.patch("/company/companies/252", ("replace", "deletedFlag", False)).json
    assert not {"dateDeleted", "deletedBy"} & set(restored)


def test_type_associations_are_the_types_of_a_company(tenant: Tenant) -> None:
    """connectwise.md 4.2 and 9.1: later types go through typeAssociations; type and company are required."""
    path = "/company/companies/250/typeAssociations"
    assert tenant.post(path, {"type": {"id": 2}}).faults == {("MissingRequiredField", "company")}
    other = tenant.post(path, {"type": {"id": 2}, "company": {"id": 251}})
    assert other.faults == {("InvalidField", "company/id")}
    made = tenant.post(path, {"type": {"id": 2}, "company": {"id": 250}})
    assert made.status == 201
    assert [each["id"] for each in tenant.get("/company/companies/250").json["types"]] == [1, 2]
    assert tenant.post(path, {"type": {"id": 2}, "company": {"id": 250}}).faults == {("ObjectExists", "type")}
    assert tenant.delete(f"{path}/{made.json['id']}").status == 204
    assert [each["id"] for each in tenant.get("/company/companies/250").json["types"]] == [1]


def test_sites_belong_to_their_company(tenant: Tenant) -> None:
    """connectwise.md 9.1: name is required; the state is stateReference."""
    path = "/company/companies/250/sites"
    assert tenant.post(path, {}).faults == {("MissingRequiredField", "name")}
    assert tenant.post(path, {"name": "x", "state": "FL"}).status == 400
    site = tenant.post(path, {"name": "Second", "stateReference": {"id": 1}}).json
    assert (site["company"]["id"], site["stateReference"]["identifier"]) == (250, "FL")
    assert tenant.post(path, {"name": "x", "company": {"id": 251}}).faults == {("InvalidField", "company/id")}
    assert tenant.ids(path) == [611, site["id"]]
    assert tenant.patch("/company/companies/251", ("replace", "site", {"id": site["id"]})).status == 400
    assert tenant.patch("/company/companies/250", ("replace", "site", {"id": site["id"]})).status == 200


def test_a_contact_needs_a_first_name(tenant: Tenant) -> None:
    """connectwise.md 9.2: firstName is enforced although no current model lists it."""
    reply = tenant.post("/company/contacts", {"lastName": "Example", "company": {"id": 250}})
    assert reply.json == {
        "code": "InvalidObject",
        "message": "contact object is invalid",
        "errors": [
            {
                "code": "MissingRequiredField",
                "message": "The firstName field is required.",
                "resource": "contact",
                "field": "firstName",
            }
        ],
    }


def test_communication_items_are_stored_but_the_create_does_not_show_them(tenant: Tenant) -> None:
    """connectwise.md 9.2: the recorded answer to the POST left them out; a later read shows them."""
    items = [
        {"type": {"id": 1}, "value": "bea@fabrikam.example", "defaultFlag": True, "communicationType": "Email"},
        {"type": {"name": "Direct"}, "value": "+49", "defaultFlag": True, "extension": "7"},
    ]
    made = tenant.post("/company/contacts", {"firstName": "Bea", "company": {"id": 250}, "communicationItems": items})
    assert made.status == 201
    assert "communicationItems" not in made.json
    row = tenant.get(f"/company/contacts/{made.json['id']}").json
    assert [item["communicationType"] for item in row["communicationItems"]] == ["Email", "Phone"]
    assert row["communicationItems"][0]["domain"] == "@fabrikam.example"
    assert (row["defaultPhoneNbr"], row["defaultPhoneType"], row["defaultPhoneExtension"]) == ("+49", "Direct", "7")
    assert (row["site"]["id"], bool(row["mobileGuid"])) == (611, True)


def test_a_second_default_item_takes_the_flag_from_the_first(tenant: Tenant) -> None:
    """connectwise.md 9.2: one default for each communication type."""
    new = {"type": {"id": 4}, "value": "+1", "defaultFlag": True, "communicationType": "Phone"}
    items = tenant.patch("/company/contacts/3105", ("add", "communicationItems/2", new)).json["communicationItems"]
    assert [item["defaultFlag"] for item in items] == [True, False, True]


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"value": "x"}, ("MissingRequiredField", "communicationItems/type")),
        ({"type": {"id": 1}}, ("MissingRequiredField", "communicationItems/value")),
        ({"type": {"id": 99}, "value": "x"}, ("NotFound", "communicationItems/type/id")),
        ({"type": {"id": 1}, "value": "x" * 251}, ("MaxLengthField", "communicationItems/value")),
        ({"type": {"id": 2}, "value": "1", "extension": "1" * 16}, ("MaxLengthField", "communicationItems/extension")),
        (
            {"type": {"id": 1}, "value": "x", "communicationType": "Fax"},
            ("InvalidField", "communicationItems/communicationType"),
        ),
    ],
)
def test_communication_items_are_checked(tenant: Tenant, item: dict[str, Any], fault: tuple[str, str]) -> None:
    """connectwise.md 9.2: type and value are needed, value 250, extension 15."""
    reply = tenant.post("/company/contacts", {"firstName": "x", "communicationItems": [item]})
    assert reply.status == 400
    assert fault in reply.faults


def test_default_flag_marks_the_default_contact_of_the_company(tenant: Tenant) -> None:
    """connectwise.md 9.2: defaultFlag marks the default contact of the company."""
    made = tenant.post("/company/contacts", {"firstName": "Dee", "company": {"id": 250}, "defaultFlag": True}).json
    assert made["defaultFlag"] is True
    assert tenant.get("/company/companies/250").json["defaultContact"]["id"] == made["id"]
    assert tenant.get("/company/contacts/3105").json["defaultFlag"] is False
    assert tenant.ids("/company/contacts", conditions="defaultFlag=true and company/id=250") == [made["id"]]
    assert tenant.post("/company/contacts", {"firstName": "x", "defaultFlag": True}).status == 400


def test_a_contact_takes_types_on_create_and_hides_its_password(tenant: Tenant) -> None:
    """connectwise.md 9.2: types and typeIds on create; a password is not for answers."""
    body = {"firstName": "x", "types": [{"id": 2}], "portalPassword": "secret"}
    row = tenant.post("/company/contacts", body).json
    assert [each["name"] for each in row["types"]] == ["End User"]
    assert "portalPassword" not in row
    by_ids = tenant.post("/company/contacts", {"firstName": "y", "typeIds": [1, 3]}).json
    assert [each["id"] for each in by_ids["types"]] == [1, 3]
    assert tenant.post("/company/contacts", {"firstName": "y", "typeIds": [99]}).faults == {("NotFound", "typeIds")}
    foreign = tenant.post("/company/contacts", {"firstName": "x", "company": {"id": 250}, "site": {"id": 612}})
    assert foreign.faults == {("InvalidField", "site")}


def test_a_catalog_item_has_defaults_and_the_category_of_its_subcategory(tenant: Tenant) -> None:
    """Fixture catalog-item.json and connectwise.md 9.3: NonInventory by default."""
    reply = tenant.post("/procurement/catalog", ITEM)
    row = reply.json
    assert reply.status == 201
    assert (row["productClass"], row["category"]["name"], row["price"]) == ("NonInventory", "Cloud", 0)
    assert len(row["connectWiseID"]) == 36
    other = tenant.post("/procurement/catalog", {**ITEM, "identifier": "B", "category": {"id": 1}})
    assert other.faults == {("InvalidField", "category")}
    moved = tenant.patch(f"/procurement/catalog/{row['id']}", ("replace", "subcategory", {"id": 10})).json
    assert moved["category"]["name"] == "Hardware"


def test_a_catalog_identifier_is_unique(tenant: Tenant) -> None:
    """Fixture catalog-item.json: ObjectExists on identifier."""
    reply = tenant.post("/procurement/catalog", {**ITEM, "identifier": "cfq7ttc0lflx:0001-m"})
    assert reply.faults == {("ObjectExists", "identifier")}
    assert reply.json["message"] == "catalogItem object is invalid"


def test_subcategories_are_served_under_both_paths_and_spellings(tenant: Tenant) -> None:
    """connectwise.md 9.3: with and without the trailing slash; under a category without the category."""
    made = tenant.post("/procurement/categories/5/subcategories", {"name": "Games"})
    assert made.status == 201
    assert "category" not in made.json
    row = tenant.get(f"/procurement/subcategories/{made.json['id']}").json
    assert row["category"]["id"] == 5
    assert tenant.ids("/procurement/categories/5/subcategories/") == [19, made.json["id"]]
    assert tenant.ids("/procurement/subcategories/") == tenant.ids("/procurement/subcategories")
    refused = tenant.post("/procurement/categories/5/subcategories", {"name": "x", "category": {"id": 5}})
    assert refused.status == 400
    assert tenant.post("/procurement/subcategories", {"name": "x"}).faults == {("MissingRequiredField", "category")}


def test_an_agreement_takes_settings_from_its_type(tenant: Tenant) -> None:
    """Domain 3.1: types are templates whose defaults an agreement can override."""
    tenant.set_clock("2025-07-10T08:00:00Z")
    row = tenant.post("/finance/agreements", {**AGREEMENT, "type": {"id": 13}, "billTime": "DoNotBill"}).json
    assert (row["billOneTimeFlag"], row["billProducts"], row["billTime"]) == (True, "Billable", "DoNotBill")
    assert "billingCycle" not in row
    assert (row["startDate"], row["billStartDate"]) == ("2025-07-10T00:00:00Z", "2025-07-10T00:00:00Z")
    assert (row["site"]["id"], row["noEndingDateFlag"]) == (611, True)
    assert tenant.post("/finance/agreements", AGREEMENT).json["billingCycle"]["name"] == "Monthly"


def test_a_change_does_not_take_settings_from_the_type_again(tenant: Tenant) -> None:
    """Domain 3.1: defaults of the type can be overridden per agreement."""
    path = "/finance/agreements/412"
    assert "billingCycle" not in tenant.patch(path, ("remove", "billingCycle", None)).json
    assert "billingCycle" not in tenant.patch(path, ("replace", "name", "B")).json


def test_an_agreement_without_a_cycle_from_its_type_gets_the_default_cycle(tenant: Tenant) -> None:
    """connectwise.md 4.1: what the body leaves out is defaulted; one-time agreements need no cycle."""
    plain = tenant.post("/finance/agreements/types", AGREEMENT_TYPE).json["id"]
    assert tenant.post("/finance/agreements", {**AGREEMENT, "type": {"id": plain}}).json["billingCycle"]["id"] == 2
    once = {**AGREEMENT, "type": {"id": plain}, "billOneTimeFlag": True}
    assert "billingCycle" not in tenant.post("/finance/agreements", once).json


def test_contact_and_site_must_be_those_of_the_company(tenant: Tenant) -> None:
    """connectwise.md 9.4: an agreement needs a contact; ours must be one of its company."""
    reply = tenant.post("/finance/agreements", {**AGREEMENT, "contact": {"id": 3106}, "site": {"id": 612}})
    assert reply.faults == {("InvalidField", "contact/id"), ("InvalidField", "site/id")}


def test_agreement_names_are_not_unique(tenant: Tenant) -> None:
    """connectwise.md 9.4: names are not unique."""
    assert [tenant.post("/finance/agreements", AGREEMENT).status for _ in range(2)] == [201, 201]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, "Active"),
        ({"startDate": "2026-01-01T00:00:00Z"}, "Inactive"),
        ({"endDate": "2025-07-05T00:00:00Z"}, "Expired"),
        ({"endDate": "2025-07-05T00:00:00Z", "noEndingDateFlag": True}, "Active"),
        ({"endDate": "2025-07-20T00:00:00Z"}, "Active"),
        ({"cancelledFlag": True}, "Cancelled"),
        ({"dateCancelled": "2025-07-05T00:00:00Z"}, "Cancelled"),
        ({"dateCancelled": "2025-08-05T00:00:00Z"}, "Active"),
    ],
)
def test_the_agreement_status_follows_the_term(tenant: Tenant, members: dict[str, Any], status: str) -> None:
    """connectwise.md 9.4: agreementStatus Active, Cancelled, Expired or Inactive is computed."""
    tenant.set_clock("2025-07-10T08:00:00Z")
    row = tenant.post("/finance/agreements", {**AGREEMENT, "startDate": "2025-07-01T00:00:00Z", **members}).json
    assert row["agreementStatus"] == status
    assert tenant.get(
        "/finance/agreements/count", conditions=f'agreementStatus="{status}" and id={row["id"]}'
    ).json == {"count": 1}


def test_an_agreement_cannot_end_before_it_starts(tenant: Tenant) -> None:
    """connectwise.md 9.4: term."""
    body = {**AGREEMENT, "startDate": "2025-07-01T00:00:00Z", "endDate": "2025-06-30T00:00:00Z"}
    assert tenant.post("/finance/agreements", body).faults == {("InvalidField", "endDate")}


def test_the_next_invoice_date_is_computed(tenant: Tenant) -> None:
    """Fixture agreement.json: created on the billing start, the next invoice is one cycle later; writes are ignored."""
    tenant.set_clock("2025-07-01T09:17:10Z")
    dates = {"startDate": "2025-07-01T00:00:00Z", "nextInvoiceDate": "2030-01-01T00:00:00Z"}
    row = tenant.post("/finance/agreements", {**AGREEMENT, **dates}).json
    assert row["nextInvoiceDate"] == "2025-08-01T00:00:00Z"
    changed = tenant.patch(f"/finance/agreements/{row['id']}", ("replace", "billingCycle", {"id": 5})).json
    assert changed["nextInvoiceDate"] == "2026-07-01T00:00:00Z"
    for once in ({"billingCycle": {"id": 8}}, {"billOneTimeFlag": True}):
        row = tenant.post("/finance/agreements", {**AGREEMENT, **dates, **once}).json
        assert row["nextInvoiceDate"] == "2025-07-01T00:00:00Z"


def test_setup_lists_are_seeded_as_a_tenant_has_them(tenant: Tenant) -> None:
    """connectwise.md 9 and domain 3.1: usable lists, One Time among the agreement types, five currencies."""
    names = {
        path: {row.get("name") or row.get("description") for row in tenant.get(path, pageSize=1000).json}
        for path in (
            "/company/companies/statuses",
            "/company/companies/types",
            "/company/communicationTypes",
            "/finance/agreements/types",
            "/finance/billingCycles",
            "/finance/taxCodes",
            "/procurement/categories",
            "/procurement/subcategories",
            "/procurement/types",
            "/procurement/unitOfMeasures",
            "/procurement/manufacturers",
        )
    }
    assert all(names.values())
    assert "One Time" in names["/finance/agreements/types"]
    options = {row["billingOptions"] for row in tenant.get("/finance/billingCycles").json}
    assert options == {
        "BiMonthly",
        "BiWeekly",
        "Monthly",
        "NotRecurring",
        "Quarterly",
        "SemiAnnual",
        "Weekly",
        "Yearly",
    }
    decimals = {row["currencyIdentifier"]: row["numberOfDecimals"] for row in tenant.get("/finance/currencies").json}
    assert decimals == {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
