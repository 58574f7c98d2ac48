"""odata.track-changes, delta links, expiry (dataverse.md 9)."""

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, BASE, BILLING, OTHER_ACCOUNT, Organization, mapping_key, pages

pytestmark = pytest.mark.emulator

TRACK = {"Prefer": "odata.track-changes"}


def first_link(org: Organization, path: str = "accounts?$select=name") -> str:
    """Read all rows and return the delta link, relative."""
    reply = org.get(path, TRACK)
    assert reply.status == 200, reply.body
    return str(reply.json["@odata.deltaLink"]).removeprefix(f"{BASE}/")


def test_a_first_read_brings_all_rows_and_a_delta_link(org: Organization) -> None:
    """Section 9: step 1."""
    reply = org.get("accounts?$select=name", TRACK)
    assert len(reply.rows) == 2
    link = reply.json["@odata.deltaLink"]
    assert link.startswith(f"{BASE}/accounts?$select=name&$deltatoken=")
    assert "%21" in link
    assert "@odata.deltaLink" not in org.get("accounts?$select=name").json


def test_a_delta_read_brings_changes_by_version_then_deletions(org: Organization) -> None:
    """Section 9: step 2; rows created and deleted in between still appear as deleted."""
    link = first_link(org)
    new = org.create("accounts", name="New")
    org.patch(f"accounts({ACCOUNT})", {"fax": "1"})
    org.delete(f"accounts({OTHER_ACCOUNT})")
    gone = org.create("accounts", name="Gone")
    org.delete(f"accounts({gone})")
    reply = org.get(link)
    assert reply.json["@odata.context"] == f"{BASE}/$metadata#accounts(name)/$delta"
    changed, deleted = reply.rows[:2], reply.rows[2:]
    assert [row["accountid"] for row in changed] == [new, ACCOUNT]
    assert deleted == [
        {"@odata.context": f"{BASE}/$metadata#accounts/$deletedEntity", "id": row_id, "reason": "deleted"}
        for row_id in (OTHER_ACCOUNT, gone)
    ]
    following = reply.json["@odata.deltaLink"].removeprefix(f"{BASE}/")
    assert org.get(following).rows == []


def test_changes_can_be_counted(org: Organization) -> None:
    """Section 9: $count of a delta token."""
    link = first_link(org)
    token = link.partition("$deltatoken=")[2]
    org.patch(f"accounts({ACCOUNT})", {"fax": "1"})
    assert org.get(f"accounts/$count?$deltatoken={token}").body == b"1"


def test_pages_of_a_first_read_end_with_the_link_of_its_beginning(org: Organization) -> None:
    """Section 9: pages by nextLink, deltaLink on the last page; nothing written meanwhile is lost."""
    org.emulator.seed({"accounts": [{"name": f"t{n}"} for n in range(7)]})
    found = []
    links = []
    for number, page in enumerate(
        pages(org, "accounts?$select=name", 4, {"Prefer": "odata.maxpagesize=4,odata.track-changes"})
    ):
        found += [row["accountid"] for row in page.rows]
        links.append(page.json.get("@odata.deltaLink"))
        if number == 0:
            org.patch(f"accounts({found[0]})", {"fax": "written between the pages"})
    assert len(found) == len(set(found)) == 9
    assert links[:-1] == [None] * (len(links) - 1)
    assert [row["accountid"] for row in org.get(links[-1].removeprefix(f"{BASE}/")).rows] == [found[0]]


@pytest.mark.parametrize("option", ["$filter=name eq 'x'", "$orderby=name", "$expand=ownerid", "$top=1"])
def test_query_options_are_refused_with_the_documented_text(org: Organization, option: str) -> None:
    """Section 9."""
    reply = org.get(f"accounts?{option}", TRACK)
    assert reply.status == 400
    name = option.partition("=")[0]
    assert reply.message == f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.'


def test_the_table_must_have_change_tracking(org: Organization) -> None:
    """Section 3: 0x80072491; psasync_mapping has it, psasync_job has not."""
    assert org.get("psasync_jobs", TRACK).code == "0x80072491"
    link = first_link(org, "psasync_mappings?$select=psasync_name")
    org.patch(mapping_key("t"), {"psasync_name": "n"})
    assert [row["psasync_name"] for row in org.get(link).rows] == ["n"]


def test_tokens_expire_after_seven_days_of_the_virtual_clock(org: Organization) -> None:
    """Section 9: ExpiredVersionStamp."""
    link = first_link(org)
    org.control("clock", {"advance_seconds": 7 * 86400 - 60})
    assert org.get(link).status == 200
    org.control("clock", {"advance_seconds": 120})
    reply = org.get(link)
    assert (reply.status, reply.code) == (400, "0x80044352")
    assert reply.message == "Version stamp associated with the client has expired. Please perform a full sync."


def test_change_tracking_needs_organization_level_read(org: Organization) -> None:
    """Section 9."""
    assert org.get("accounts?$select=name", {**TRACK, **org.as_user(BILLING)}).status == 200
    sales = _sales_user(org)
    assert org.get("accounts?$select=name", {**TRACK, **org.as_user(sales)}).status == 403


def test_a_damaged_token_is_400(org: Organization) -> None:
    """Section 9."""
    assert org.get("accounts?$deltatoken=rubbish").status == 400


def _sales_user(org: Organization) -> str:
    [role] = org.get("roles?$select=name&$filter=name eq 'Work 365 Sales'").rows
    user = {
        "systemuserid": "44444444-4444-4444-8444-0000000000aa",
        "fullname": "Sally",
        "businessunitid@odata.bind": "/businessunits(66666666-6666-4666-8666-000000000001)",
        "systemuserroles_association@odata.bind": [f"/roles({role['roleid']})"],
    }
    org.emulator.seed({"systemusers": [user]})
    return "44444444-4444-4444-8444-0000000000aa"
