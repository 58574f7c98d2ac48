"""Bodies, bindings, deep insert, states, money and read-only invoices (dataverse.md 3, 5; domain.md 2.4, 2.5)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.emulator.dataverse.harness import (
    ACCOUNT,
    ADMIN,
    APPLICATION,
    BASE,
    CONNECTOR,
    CONTACT,
    INVOICE,
    LINE,
    MISSING,
    OTHER_ACCOUNT,
    Organization,
    mapping_key,
    row,
)

pytestmark = pytest.mark.emulator


def test_an_unknown_member_is_refused_with_the_documented_text(org: Organization) -> None:
    """Section 3: unknown property in a body; names are case-sensitive."""
    for method, path in (("POST", "accounts"), ("PATCH", f"accounts({ACCOUNT})")):
        reply = org.call(method, path, {"Name": "x"})
        assert (reply.status, reply.code) == (400, "0x0")
        assert reply.message == (
            "An error occurred while validating input parameters: Microsoft.Crm.CrmException: Invalid property 'Name' "
            "was found in entity 'Microsoft.Dynamics.CRM.account'. ---> Microsoft.OData.ODataException: Does not "
            "support untyped value in non-open type."
        )


def test_too_long_text_is_refused_with_two_spaces(org: Organization) -> None:
    """Section 3: 0x80044331; lengths count UTF-16 units."""
    reply = org.post("accounts", {"name": "x" * 161})
    assert (reply.status, reply.code) == (400, "0x80044331")
    assert reply.message == (
        "A validation error occurred.  The length of the 'name' attribute of the 'account' entity exceeded the "
        "maximum allowed length of '160'."
    )
    assert org.post("accounts", {"name": "\N{GRINNING FACE}" * 81}).status == 400
    assert org.post("accounts", {"name": "\N{GRINNING FACE}" * 80}).status == 204


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", 5), ("name", True), ("name", {}), ("revenue", "5"), ("revenue", True), ("numberofemployees", 1.5),
        ("numberofemployees", "1"), ("creditonhold", 1), ("creditonhold", "true"), ("industrycode", "1"),
        ("industrycode", 1.0), ("lastusedincampaign", "2026-13-01T00:00:00Z"),
        ("lastusedincampaign", "2026-01-01T00:00:00"), ("lastusedincampaign", "2026-01-01"),
        ("lastusedincampaign", "2026-W05-1T00:00:00Z"),
        ("lastusedincampaign", 5), ("accountid", "x"), ("name", "\ud800"),
    ],
)  # fmt: skip
def test_json_types_are_strict(org: Organization, column: str, value: Any) -> None:
    """Section 5: JSON types."""
    reply = org.post("accounts", {"name": "x", column: value})
    assert (reply.status, reply.code) == (400, "0x80048d19")
    assert "Cannot convert the literal" in reply.message


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("industrycode", 99, "0x8004431a"),
        ("numberofemployees", -1, "0x80044330"),
        ("numberofemployees", 1000000001, "0x80044330"),
        ("revenue", -0.01, "0x80044330"),
        ("address1_latitude", 90.5, "0x80044330"),
        ("lastusedincampaign", "1700-01-01T00:00:00Z", "0x80044330"),
    ],
)
def test_ranges_are_checked(org: Organization, column: str, value: Any, code: str) -> None:
    """Section 3: PicklistValueOutOfRange, and numbers and dates out of range."""
    reply = org.post("accounts", {"name": "x", column: value})
    assert (reply.status, reply.code) == (400, code)


def test_values_come_back_as_documented(org: Organization) -> None:
    """Section 5: JSON types; empty text is null; times are kept in UTC to the second."""
    account = org.create(
        "accounts",
        name="Typed",
        fax="",
        lastusedincampaign="2026-01-31T10:00:00.750+02:00",
        revenue=12,
        address1_latitude=47.123456789,
    )
    found = row(org, f"accounts({account})")
    assert found["fax"] is None
    assert found["lastusedincampaign"] == "2026-01-31T08:00:00Z"
    assert found["address1_latitude"] == Decimal("47.12346")
    contact = org.create("contacts", lastname="B", birthdate="2000-02-29")
    assert row(org, f"contacts({contact})")["birthdate"] == "2000-02-29"
    assert org.patch(f"contacts({contact})", {"birthdate": "2000-02-29T00:00:00Z"}).status == 400


def test_read_only_columns_are_left_out_silently(org: Organization) -> None:
    """Columns that are not valid for create or update have no effect."""
    account = org.create("accounts", name="x", createdon="2001-01-01T00:00:00Z", versionnumber=5, merged=True)
    found = row(org, f"accounts({account})")
    assert not found["createdon"].startswith("2001")
    assert found["merged"] is False


def test_a_row_may_bring_its_own_id_once(org: Organization) -> None:
    """Section 3: duplicate ids."""
    assert org.create("accounts", accountid=MISSING, name="own") == MISSING
    reply = org.post("accounts", {"accountid": MISSING, "name": "again"})
    assert (reply.status, reply.code) == (412, "0x80040237")


@pytest.mark.parametrize(
    "target",
    [f"/contacts({CONTACT})", f"contacts({CONTACT})", f"{BASE}/contacts({CONTACT})", f"/contacts(contactid={CONTACT})"],
)
def test_binds_by_any_form_of_url(org: Organization, target: str) -> None:
    """Section 5: bind values."""
    account = org.create("accounts", name="x", **{"primarycontactid@odata.bind": target})
    assert row(org, f"accounts({account})")["_primarycontactid_value"] == CONTACT
    assert org.patch(f"accounts({account})", {"primarycontactid@odata.bind": None}).status == 204
    assert row(org, f"accounts({account})")["_primarycontactid_value"] is None


def test_binds_by_alternate_key(org: Organization) -> None:
    """Section 5: bind values; section 6: the same characters are forbidden."""
    org.patch("psasync_jobs(psasync_requestkey='k1')", {"psasync_name": "j"})
    item = org.create(
        "psasync_jobitems", psasync_position=1, **{"psasync_jobid@odata.bind": "/psasync_jobs(psasync_requestkey='k1')"}
    )
    assert row(org, f"psasync_jobitems({item})")["_psasync_jobid_value"]
    missing = org.post("psasync_jobitems", {"psasync_jobid@odata.bind": "/psasync_jobs(psasync_requestkey='k2')"})
    assert (missing.status, missing.code) == (404, "0x80060891")
    assert (
        org.post("psasync_jobitems", {"psasync_jobid@odata.bind": "/psasync_jobs(psasync_requestkey='a%2Fb')"}).status
        == 400
    )


def test_navigation_names_are_case_sensitive(org: Organization) -> None:
    """Section 5: the casing trap."""
    for name in ("PrimaryContactId", "primarycontact", "parentcustomerid"):
        reply = org.post(
            "contacts" if name.startswith("parent") else "accounts", {f"{name}@odata.bind": f"/contacts({CONTACT})"}
        )
        assert (reply.status, reply.code) == (400, "0x80048d19")
        assert f"An undeclared property '{name}' which only has property annotations in the payload" in reply.message


def test_polymorphic_lookups_have_a_property_per_target(org: Organization) -> None:
    """Section 5."""
    contact = org.create("contacts", lastname="x", **{"parentcustomerid_contact@odata.bind": f"/contacts({CONTACT})"})
    assert (
        row(org, f"contacts({contact})?$expand=parentcustomerid_contact,parentcustomerid_account")[
            "parentcustomerid_account"
        ]
        is None
    )
    assert (
        org.patch(f"contacts({contact})", {"parentcustomerid_account@odata.bind": f"/accounts({ACCOUNT})"}).status
        == 204
    )
    found = row(org, f"contacts({contact})?$expand=parentcustomerid_contact,parentcustomerid_account($select=name)")
    assert found["parentcustomerid_account"]["name"] == "Fabrikam Inc."
    assert found["parentcustomerid_contact"] is None
    wrong = org.patch(f"contacts({contact})", {"parentcustomerid_account@odata.bind": f"/contacts({CONTACT})"})
    assert wrong.status == 400


def test_a_lookup_is_never_a_plain_value(org: Organization) -> None:
    """Section 5: lookups are written by binding."""
    reply = org.post("accounts", {"name": "x", "_primarycontactid_value": CONTACT})
    assert (reply.status, reply.code) == (400, "0x80060888")
    assert reply.message.startswith("CRM do not support direct update of Entity Reference properties")
    assert org.post("accounts", {"name": "x", "primarycontactid": CONTACT}).code == "0x80048d19"


def test_a_bound_row_must_exist(org: Organization) -> None:
    """Section 3: ObjectDoesNotExist."""
    reply = org.post("accounts", {"name": "x", "primarycontactid@odata.bind": f"/contacts({MISSING})"})
    assert (reply.status, reply.message) == (404, f"contact With Id = {MISSING} Does Not Exist")
    assert org.post("accounts", {"name": "x", "primarycontactid@odata.bind": "/nothings(1)"}).code == "0x8006088a"


def test_deep_insert_is_one_transaction(org: Organization) -> None:
    """Section 5: nested objects and arrays; only the root id comes back."""
    body = {
        "name": "Deep",
        "primarycontactid": {"lastname": "Nested", "firstname": "First"},
        "contact_customer_accounts": [{"lastname": "One"}, {"lastname": "Two"}],
    }
    account = org.post("accounts", body).entity_id
    found = row(
        org,
        f"accounts({account})?$expand=primarycontactid($select=fullname),contact_customer_accounts($select=lastname;$orderby=lastname)",
    )
    assert found["primarycontactid"]["fullname"] == "First Nested"
    assert [c["lastname"] for c in found["contact_customer_accounts"]] == ["One", "Two"]
    before = org.get("contacts/$count").body
    body["contact_customer_accounts"] = [{"lastname": "Three"}, {"nothing": 1}]  # type: ignore[list-item]
    assert org.post("accounts", body).status == 400
    assert org.get("contacts/$count").body == before
    assert org.patch(f"accounts({account})", {"primarycontactid": {"lastname": "x"}}).status == 400


def test_patch_to_a_missing_id_creates_unless_told_otherwise(org: Organization) -> None:
    """Section 5: send If-Match: * on plain updates."""
    assert org.patch(f"accounts({MISSING})", {"name": "x"}, {"If-Match": "*"}).status == 404
    assert org.patch(f"accounts({MISSING})", {"name": "revived"}).status == 204
    assert row(org, f"accounts({MISSING})")["name"] == "revived"
    assert org.patch(f"accounts({MISSING})", {"name": "y"}, {"If-None-Match": "*"}).status == 412


def test_etags_guard_updates_and_deletes(org: Organization) -> None:
    """Section 5: ETags."""
    path = f"accounts({ACCOUNT})"
    old = org.get(path).headers["etag"]
    assert org.patch(path, {"fax": "1"}, {"If-Match": old}).status == 204
    for reply in (org.patch(path, {"fax": "2"}, {"If-Match": old}), org.delete(path, {"If-Match": old})):
        assert (reply.status, reply.code) == (412, "0x80060882")
        assert reply.message == "The version of the existing record doesn't match the RowVersion property provided."
    assert org.patch(path, {"fax": "2"}, {"If-Match": "rubbish"}).status == 400
    assert org.patch(path, {"fax": "2"}, {"If-Match": "null"}).status == 204
    assert org.delete(path, {"If-Match": org.get(path).headers["etag"]}).status == 204


def test_etags_need_optimistic_concurrency(org: Organization) -> None:
    """Section 3: OptimisticConcurrencyNotEnabled."""
    job = org.create("asyncoperations", name="x")
    reply = org.patch(f"asyncoperations({job})", {"name": "y"}, {"If-Match": 'W/"1"'})
    assert (reply.status, reply.code) == (400, "0x8006088d")


def test_a_state_alone_brings_its_first_reason(org: Organization) -> None:
    """Section 5: with statecode also send statuscode."""
    assert org.patch(f"accounts({ACCOUNT})", {"statecode": 1}).status == 204
    assert row(org, f"accounts({ACCOUNT})")["statuscode"] == 2
    assert org.patch(f"accounts({ACCOUNT})", {"statecode": 0, "statuscode": 1}).status == 204
    assert org.patch(f"accounts({ACCOUNT})", {"statuscode": 2}).code == "0x80048408"
    assert org.patch(f"invoices({INVOICE})", {"statuscode": 4}).status == 204
    assert row(org, f"invoices({INVOICE})")["statecode"] == 0


def test_audit_columns_follow_the_virtual_clock(org: Organization) -> None:
    """createdon and modifiedon are whole seconds of the emulator's clock."""
    org.control("clock", {"now": "2030-01-02T03:04:05.9Z"})
    account = org.create("accounts", name="x")
    assert row(org, f"accounts({account})")["createdon"].startswith("2030-01-02T03:04:0")
    org.control("clock", {"now": "2031-01-02T03:04:05Z"})
    org.patch(f"accounts({account})", {"fax": "1"})
    found = row(org, f"accounts({account})")
    assert found["modifiedon"].startswith("2031")
    assert found["createdon"].startswith("2030")
    assert found["_createdby_value"] == found["_modifiedby_value"] == found["_ownerid_value"] == APPLICATION


def test_ownership_can_be_assigned(org: Organization) -> None:
    """An owner is bound like any lookup; its business unit follows."""
    org.patch(f"accounts({ACCOUNT})", {"ownerid@odata.bind": f"/systemusers({ADMIN})"})
    found = row(org, f"accounts({ACCOUNT})")
    assert found["_ownerid_value"] == found["_owninguser_value"] == ADMIN


def test_required_columns_of_the_system(org: Organization) -> None:
    """A column that the system requires cannot be null."""
    assert org.post("invoicedetails", {"quantity": 1}).message == "Attribute 'invoiceid' cannot be NULL"


def test_deletes_cascade_restrict_or_remove_links(org: Organization) -> None:
    """Section 3: CannotDeleteDueToAssociation."""
    [line] = org.get("invoicedetails?$select=_productid_value").rows
    blocked = org.delete(f"products({line['_productid_value']})")
    assert (blocked.status, blocked.code) == (405, "0x80040227")
    org.patch(mapping_key("s"), {"psasync_invoicelineid@odata.bind": f"/invoicedetails({LINE})"})
    assert org.delete(f"invoices({INVOICE})").status == 204
    assert org.get(f"invoicedetails({LINE})").status == 404
    assert row(org, mapping_key("s"))["_psasync_invoicelineid_value"] is None
    assert org.delete(f"accounts({OTHER_ACCOUNT})").status == 204


def test_a_failed_write_leaves_nothing_behind(org: Organization) -> None:
    """Every request is one transaction."""
    before = org.emulator.state({"table": "accounts"})
    assert org.post("accounts", {"name": "x", "contact_customer_accounts": [{"lastname": "y" * 51}]}).status == 400
    assert org.emulator.state({"table": "accounts"}) == before


def test_the_connector_comes_with_every_seed(org: Organization) -> None:
    """The default seed holds the default connector."""
    assert row(org, f"psasync_connectors({CONNECTOR})")["psasync_company"] == "contoso"
