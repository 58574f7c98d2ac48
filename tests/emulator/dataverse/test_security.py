"""Roles, privileges and access depth (dataverse.md 3; domain.md 2.10)."""

from typing import Any

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, ADMIN, BILLING, CONNECTOR, CONTACT, INVOICE, READER, Organization

pytestmark = pytest.mark.emulator

NORTH, SOUTH = "66666666-6666-4666-8666-0000000000b1", "66666666-6666-4666-8666-0000000000b2"
NINA, SAM, SUE = (f"44444444-4444-4444-8444-0000000000c{n}" for n in (1, 2, 3))


def role_id(org: Organization, name: str) -> str:
    """Return the id of a role."""
    [role] = org.get(f"roles?$select=name&$filter=name eq '{name}'").rows
    return str(role["roleid"])


def user(org: Organization, user_id: str, unit: str, role: str) -> dict[str, Any]:
    """Return a user of a business unit with one role, as a seed row."""
    return {
        "systemuserid": user_id,
        "fullname": user_id[-2:],
        "businessunitid@odata.bind": f"/businessunits({unit})",
        "systemuserroles_association@odata.bind": [f"/roles({role_id(org, role)})"],
    }


@pytest.fixture
def units(org: Organization) -> Organization:
    """North with Nina, South with Sam (both see their business unit) and Sue (sees her own rows)."""
    root = "66666666-6666-4666-8666-000000000001"
    org.emulator.seed(
        {
            "businessunits": [
                {"businessunitid": unit, "name": name, "parentbusinessunitid@odata.bind": f"/businessunits({root})"}
                for unit, name in ((NORTH, "North"), (SOUTH, "South"))
            ],
            "systemusers": [
                user(org, NINA, NORTH, "Work 365 Sales"),
                user(org, SAM, SOUTH, "Work 365 Sales"),
                user(org, SUE, SOUTH, "Work 365 Customer Service"),
            ],
            "accounts": [
                {
                    "name": name,
                    "accountid": f"a0000000-0000-4000-8000-0000000000d{n}",
                    "ownerid@odata.bind": f"/systemusers({owner})",
                }
                for n, (name, owner) in enumerate((("of Nina", NINA), ("of Sam", SAM), ("of Sue", SUE)))
            ],
        }
    )
    return org


def seen(org: Organization, user_id: str, query: str = "") -> list[str]:
    """Return the names of the accounts that a user sees."""
    reply = org.get(f"accounts?$select=name&$orderby=name{query}", org.as_user(user_id))
    assert reply.status == 200, reply.body
    return [row["name"] for row in reply.rows]


def test_two_users_of_two_business_units_see_different_accounts(units: Organization) -> None:
    """Business-unit depth in lists, counts, filters and single reads."""
    assert seen(units, NINA) == ["of Nina"]
    assert seen(units, SAM) == ["of Sam", "of Sue"]
    assert seen(units, SUE) == ["of Sue"]
    assert seen(units, NINA, "&$filter=startswith(name,'of S')") == []
    assert units.get("accounts/$count", units.as_user(SAM)).body == b"2"
    hidden = units.get("accounts(a0000000-0000-4000-8000-0000000000d1)", units.as_user(NINA))
    assert (hidden.status, hidden.code) == (403, "0x80048306")
    assert hidden.message == (
        f"Principal with id {NINA} does not have ReadAccess right(s) for record with id "
        "a0000000-0000-4000-8000-0000000000d1 of entity account"
    )


def test_expansions_hide_what_the_user_may_not_read(units: Organization) -> None:
    """Depth counts inside $expand too."""
    units.patch(
        "accounts(a0000000-0000-4000-8000-0000000000d1)",
        {"parentaccountid@odata.bind": "/accounts(a0000000-0000-4000-8000-0000000000d0)"},
    )
    [row] = units.get(
        "accounts?$select=name&$filter=name eq 'of Sam'&$expand=parentaccountid($select=name)", units.as_user(SAM)
    ).rows
    assert row["parentaccountid"] is None


def test_writes_reach_as_far_as_the_role(units: Organization) -> None:
    """Write access of a business unit; none for a reader of own rows."""
    sams = "accounts(a0000000-0000-4000-8000-0000000000d1)"
    assert units.patch(sams, {"fax": "1"}, units.as_user(SAM)).status == 204
    assert units.patch(sams, {"fax": "1"}, units.as_user(NINA)).code == "0x80048306"
    assert (
        units.patch("accounts(a0000000-0000-4000-8000-0000000000d2)", {"fax": "1"}, units.as_user(SUE)).code
        == "0x80040220"
    )
    assert units.delete(sams, units.as_user(SAM)).status == 403


def test_impersonation_reaches_only_what_both_users_reach(units: Organization) -> None:
    """Section 11: a delegate of one business unit sees no other one through an administrator."""
    link = {"@odata.id": f"roles({role_id(units, 'Delegate')})"}
    assert units.post(f"systemusers({NINA})/systemuserroles_association/$ref", link).status == 204
    directory = units.emulator.environment.directory
    caller = directory.caller(ADMIN)
    caller.real_user_id, caller.real_rights = NINA, directory.rights(NINA)
    accounts = units.emulator.environment.store.rows(units.emulator.environment.table("account"))
    visible = caller.visible(accounts.table)
    assert visible is not None
    assert [row["name"] for row in accounts.by_id.values() if visible(row)] == ["of Nina"]


def test_an_owned_row_moves_with_its_owner(units: Organization) -> None:
    """Assigning changes who sees a row."""
    units.patch("accounts(a0000000-0000-4000-8000-0000000000d1)", {"ownerid@odata.bind": f"/systemusers({NINA})"})
    assert seen(units, NINA) == ["of Nina", "of Sam"]


def test_teams_own_rows_for_their_members(units: Organization) -> None:
    """A member sees what the team owns, and has the team's roles."""
    team = units.create("teams", name="Team", **{"businessunitid@odata.bind": f"/businessunits({NORTH})"})
    units.patch("accounts(a0000000-0000-4000-8000-0000000000d1)", {"ownerid@odata.bind": f"/teams({team})"})
    assert seen(units, SUE) == ["of Sue"]
    link = {"@odata.id": f"systemusers({SUE})"}
    assert units.post(f"teams({team})/teammembership_association/$ref", link).status == 204
    assert seen(units, SUE) == ["of Sam", "of Sue"]


def test_the_reader_reads_and_writes_nothing(org: Organization) -> None:
    """Section 3: PrivilegeDenied names the privilege and the user."""
    headers = org.as_user(READER)
    for path in ("accounts", "invoices", "invoicedetails", "psasync_mappings", "products", "work365_billingcontracts"):
        assert org.get(f"{path}?$top=1", headers).status == 200
    reply = org.post("accounts", {"name": "x"}, headers)
    assert (reply.status, reply.code) == (403, "0x80040220")
    assert reply.message.startswith(f"Principal user (Id={READER}, type=8, ")
    assert "is missing prvCreateAccount privilege" in reply.message
    assert org.patch(f"accounts({ACCOUNT})", {"fax": "1"}, headers).status == 403
    assert org.delete(f"accounts({ACCOUNT})", headers).status == 403
    assert org.get("serviceendpoints", headers).status == 403


def test_billing_writes_what_a_push_writes_but_no_connectors(org: Organization) -> None:
    """The role Work 365 Billing."""
    headers = org.as_user(BILLING)
    job = {"psasync_name": "j", "psasync_connectorid@odata.bind": f"/psasync_connectors({CONNECTOR})"}
    assert org.post("psasync_jobs", job, headers).status == 204
    assert org.patch(f"accounts({ACCOUNT})", {"work365_account_psasystem_id": "1"}, headers).status == 204
    assert org.patch(f"psasync_connectors({CONNECTOR})", {"psasync_name": "x"}, headers).status == 403
    assert org.delete(f"invoices({INVOICE})", headers).status == 403


def test_binding_needs_append_and_append_to(org: Organization) -> None:
    """Section 3: privileges of both sides of a lookup."""
    [grant] = org.get("privileges?$select=name&$filter=name eq 'prvAppendToContact'").rows
    billing = role_id(org, "Work 365 Billing")
    kept = [
        {"PrivilegeId": row["privilegeid"], "Depth": "Global"}
        for row in org.get(f"roleprivilegescollection?$filter=roleid eq {billing}").rows
        if row["privilegeid"] != grant["privilegeid"]
    ]
    assert (
        org.post(f"roles({billing})/Microsoft.Dynamics.CRM.ReplacePrivilegesRole", {"Privileges": kept}).status == 204
    )
    bind = {"primarycontactid@odata.bind": f"/contacts({CONTACT})"}
    reply = org.patch(f"accounts({ACCOUNT})", bind, org.as_user(BILLING))
    assert (reply.status, "prvAppendToContact" in reply.message) == (403, True)
    added = {"Privileges": [{"PrivilegeId": grant["privilegeid"], "Depth": "Global"}]}
    assert org.post(f"roles({billing})/Microsoft.Dynamics.CRM.AddPrivilegesRole", added).status == 204
    assert org.patch(f"accounts({ACCOUNT})", bind, org.as_user(BILLING)).status == 204


def test_definitions_are_changed_by_administrators_only(org: Organization) -> None:
    """Section 12: metadata writes need their privilege; reads do not."""
    headers = org.as_user(READER)
    assert org.get("EntityDefinitions?$select=LogicalName", headers).status == 200
    assert org.post("GlobalOptionSetDefinitions", {"Name": "x", "IsGlobal": True}, headers).code == "0x80040220"
