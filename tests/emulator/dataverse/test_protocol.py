"""Requests, answers and error bodies (dataverse.md 2, 3)."""

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, APPLICATION, CONTACT, MISSING, REPRESENTATION, Organization

pytestmark = pytest.mark.emulator


def test_who_am_i_names_user_unit_and_organization(org: Organization) -> None:
    """Section 2."""
    body = org.get("WhoAmI").json
    assert body["UserId"] == APPLICATION
    assert body["BusinessUnitId"] == "66666666-6666-4666-8666-000000000001"
    assert body["OrganizationId"] == "66666666-6666-4666-8666-000000000002"
    assert org.get("WhoAmI()").status == 200


def test_every_answer_says_its_odata_version_and_date(org: Organization) -> None:
    """Section 2; the Date header follows the emulator's clock in whole seconds."""
    org.control("clock", {"now": "2031-05-06T07:08:09Z"})
    for reply in (org.get("WhoAmI"), org.get("nothing"), org.post("accounts", {"name": "a"})):
        assert reply.headers["odata-version"] == "4.0"
        assert reply.headers["date"].startswith("Tue, 06 May 2031 07:08:")
    assert org.get("WhoAmI").headers["content-type"] == "application/json; odata.metadata=minimal"


def test_the_service_document_lists_entity_sets(org: Organization) -> None:
    """Section 2."""
    reply = org.get("")
    assert {"name": "accounts", "kind": "EntitySet", "url": "accounts"} in reply.rows


def test_create_answers_204_with_the_entity_id(org: Organization) -> None:
    """Section 2: POST."""
    reply = org.post("accounts", {"name": "Plain"})
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["odata-entityid"].startswith("http://127.0.0.1:80/api/data/v9.2/accounts(")


def test_create_with_representation_answers_201_without_entity_id(org: Organization) -> None:
    """Section 2: POST with return=representation."""
    reply = org.post("accounts?$select=name", {"name": "Shown"}, REPRESENTATION)
    assert reply.status == 201
    assert "odata-entityid" not in reply.headers
    assert reply.headers["preference-applied"] == "return=representation"
    assert set(reply.json) == {"@odata.context", "@odata.etag", "name", "accountid"}
    assert reply.json["@odata.context"].endswith("/$metadata#accounts(name)/$entity")


def test_patch_answers_204_or_200_with_representation(org: Organization) -> None:
    """Section 2: PATCH."""
    assert org.patch(f"accounts({ACCOUNT})", {"fax": "1"}).status == 204
    reply = org.patch(f"accounts({ACCOUNT})?$select=fax", {"fax": "2"}, REPRESENTATION)
    assert (reply.status, reply.json["fax"]) == (200, "2")


def test_a_single_row_has_an_etag_header(org: Organization) -> None:
    """Section 2: GET of single rows."""
    reply = org.get(f"accounts({ACCOUNT})?$select=name")
    assert reply.headers["etag"] == reply.json["@odata.etag"]


def test_one_column_is_read_put_and_deleted(org: Organization) -> None:
    """Section 2: PUT and DELETE of a column."""
    assert org.call("PUT", f"accounts({ACCOUNT})/fax", {"value": "7"}).status == 204
    assert org.get(f"accounts({ACCOUNT})/fax").json["value"] == "7"
    assert org.get(f"accounts({ACCOUNT})/fax/$value").body == b"7"
    assert org.delete(f"accounts({ACCOUNT})/fax").status == 204
    assert org.get(f"accounts({ACCOUNT})/fax").status == 204
    assert org.call("PUT", f"accounts({ACCOUNT})/fax", {"val": "7"}).status == 400


def test_a_lookup_is_set_and_cleared_by_reference(org: Organization) -> None:
    """Section 2: PUT and DELETE of $ref; not as a column."""
    url = f"accounts({ACCOUNT})/primarycontactid/$ref"
    assert org.call("PUT", url, {"@odata.id": f"contacts({CONTACT})"}).status == 204
    assert org.get(f"accounts({ACCOUNT})/primarycontactid?$select=fullname").json["fullname"] == "Fay Fabrikam"
    assert org.get(f"accounts({ACCOUNT})/primarycontactid/fullname").json["value"] == "Fay Fabrikam"
    assert org.get(url).json["@odata.id"].endswith(f"contacts({CONTACT})")
    assert org.delete(url).status == 204
    assert org.get(f"accounts({ACCOUNT})/primarycontactid").status == 204
    assert org.call("PUT", f"accounts({ACCOUNT})/_primarycontactid_value", {"value": CONTACT}).code == "0x80060888"


def test_collections_are_read_and_linked_by_reference(org: Organization) -> None:
    """Section 4: filtered collection; section 2: $ref."""
    contact = org.create("contacts", lastname="New")
    url = f"accounts({ACCOUNT})/contact_customer_accounts"
    assert org.post(f"{url}/$ref", {"@odata.id": f"contacts({contact})"}).status == 204
    names = [row["lastname"] for row in org.get(f"{url}?$select=lastname&$orderby=lastname desc").rows]
    assert names == ["New", "Fabrikam"]
    assert org.get(f"{url}?$filter=lastname eq 'new'&$select=lastname").rows[0]["lastname"] == "New"
    assert org.get(f"{url}/$count").body == b"2"
    assert len(org.get(f"{url}/$ref").rows) == 2
    assert org.delete(f"{url}({contact})/$ref").status == 204
    assert org.delete(f"{url}/$ref?$id=contacts({CONTACT})").status == 204
    assert org.get(url).rows == []
    assert org.delete(f"{url}({contact})/$ref").status == 404


def test_many_to_many_links_are_made_once(org: Organization) -> None:
    """Section 2: $ref on an N:N navigation property."""
    [role] = org.get("roles?$select=name&$filter=name eq 'Delegate'").rows
    url = "systemusers(44444444-4444-4444-8444-000000000003)/systemuserroles_association"
    body = {"@odata.id": f"roles({role['roleid']})"}
    assert org.post(f"{url}/$ref", body).status == 204
    assert org.post(f"{url}/$ref", body).status == 412
    assert {row["name"] for row in org.get(f"{url}?$select=name").rows} == {"Read Only", "Delegate"}
    assert org.delete(f"{url}({role['roleid']})/$ref").status == 204
    assert {row["name"] for row in org.get(f"{url}?$select=name").rows} == {"Read Only"}


def test_a_missing_row_is_404_with_the_documented_text(org: Organization) -> None:
    """Section 3: 0x80040217."""
    for reply in (org.get(f"accounts({MISSING})"), org.delete(f"accounts({MISSING})")):
        assert (reply.status, reply.code) == (404, "0x80040217")
        assert reply.message == f"account With Id = {MISSING} Does Not Exist"


def test_an_unknown_entity_set_is_404_and_names_are_case_sensitive(org: Organization) -> None:
    """Section 3: 0x8006088a; section 2: names are case-sensitive."""
    for name in ("account", "Accounts", "nothing"):
        reply = org.get(name)
        assert (reply.status, reply.code) == (404, "0x8006088a")
        assert reply.message == f"Resource not found for the segment '{name}'."
    assert org.get(f"accounts({ACCOUNT})/Name").status == 404


def test_post_on_a_function_is_404_with_an_empty_code(org: Organization) -> None:
    """Section 3: wrong method on a function."""
    reply = org.post("WhoAmI", {})
    assert (reply.status, reply.code) == (404, "")
    assert reply.message.startswith("No HTTP resource was found that matches the request URI 'http://127.0.0.1:80/")
    assert org.get("PublishAllXml").status == 404


def test_a_wrong_method_is_405(org: Organization) -> None:
    """Section 2: other statuses."""
    assert org.call("PUT", f"accounts({ACCOUNT})", {}).status == 405
    assert org.call("PATCH", "accounts", {}).status == 405
    assert org.post(f"accounts({ACCOUNT})", {}).status == 405


def test_what_is_not_emulated_says_so(org: Organization) -> None:
    """Strict by default: 501 for known parts of Dataverse that are missing here."""
    for path in (
        "Merge",
        "accounts?fetchXml=<fetch/>",
        "/api/data/v9.1/accounts",
        "/XRMServices/2011/Organization.svc",
    ):
        reply = org.get(path)
        assert reply.status == 501
        assert reply.message.startswith("not emulated: ")


def test_a_body_must_be_a_json_object(org: Organization) -> None:
    """Section 3: payload errors."""
    for body in (b"{", b"[]", b'"x"', b"", b'{"name": NaN}'):
        reply = org.post("accounts", body)
        assert (reply.status, reply.code) == (400, "0x80048d19")


def test_a_too_long_get_url_is_refused(org: Organization) -> None:
    """Section 2: GET URLs up to 32,768 characters."""
    fits = f"accounts?$select=name&$filter=name eq '{'x' * 32000}'"
    assert org.get(fits).status == 200
    assert org.get(fits.replace("x", "xx", 800)).status == 414


def test_query_option_names_are_decoded_and_case_sensitive(org: Organization) -> None:
    """Section 2, and section 12: option names arrive percent-encoded and `+` is a space."""
    assert org.get("accounts?%24select=name&%24filter=name+eq+'fabrikam+inc.'").rows[0]["name"] == "Fabrikam Inc."
    assert org.get("accounts?$Select=name").status == 400
    assert org.get("accounts?$top=1&$top=2").status == 400


def test_versions_and_record_counts_are_functions(org: Organization) -> None:
    """Section 2: functions."""
    assert org.get("RetrieveVersion").json["Version"].startswith("9.2.")
    counted = org.get("""RetrieveTotalRecordCount(EntityNames=["account","contact"])""").json
    assert counted["EntityRecordCountCollection"]["Values"] == [2, 1]
    assert org.get("""RetrieveTotalRecordCount(EntityNames=["nothing"])""").status == 400
