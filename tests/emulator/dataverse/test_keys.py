"""Alternate keys and upsert (dataverse.md 6)."""

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, CONNECTOR, REPRESENTATION, Organization, mapping_key

pytestmark = pytest.mark.emulator


def test_a_row_is_addressed_by_its_key_with_a_lookup_part(org: Organization) -> None:
    """Section 6: lookup parts as `_x_value=guid`, names in any order, parameter aliases."""
    assert org.patch(mapping_key("s1"), {"psasync_name": "one"}).status == 204
    assert org.get(mapping_key("s1")).json["psasync_name"] == "one"
    turned = f"psasync_mappings(psasync_sourceid='S1',psasync_kind=451000003,_psasync_connectorid_value={CONNECTOR})"
    assert org.get(turned).json["psasync_name"] == "one"
    aliased = (
        f"psasync_mappings(psasync_sourceid=@s,psasync_kind=451000003,_psasync_connectorid_value={CONNECTOR})?@s='s1'"
    )
    assert org.get(aliased).json["psasync_name"] == "one"
    assert org.get(f"accounts(accountid={ACCOUNT})").status == 200
    assert org.get("systemusers(systemuserid=44444444-4444-4444-8444-000000000001)").status == 400


@pytest.mark.parametrize(
    "key", ["accountnumber='x'", "name='x'", "nothing=1", "psasync_kind=451000003", "psasync_sourceid=5"]
)
def test_an_undeclared_combination_is_refused_with_the_documented_text(org: Organization, key: str) -> None:
    """Section 6: undeclared combination."""
    name = "account" if key[0] == "a" or key[0] == "n" else "psasync_mapping"
    reply = org.get(f"{name}s({key})")
    assert reply.status == 400
    assert reply.message == (
        f"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{name}'. Ensure that the names "
        "and number of key properties match the declared or alternate key properties for the resource "
        f"'Microsoft.Dynamics.CRM.{name}'."
    )


def test_a_key_that_names_no_row_is_404(org: Organization) -> None:
    """Section 3: RecordNotFoundByEntityKey."""
    for reply in (
        org.get(mapping_key("no")),
        org.delete(mapping_key("no")),
        org.patch(mapping_key("no"), {}, {"If-Match": "*"}),
    ):
        assert (reply.status, reply.code) == (404, "0x80060891")
        assert reply.message == "A record with the specified key values does not exist in psasync_mapping entity"


@pytest.mark.parametrize("character", list("/<>*%&:\\?+#"))
def test_forbidden_characters_in_a_key_are_refused(org: Organization, character: str) -> None:
    """Section 6: encoded or not."""
    assert org.get(mapping_key(f"a%{ord(character):02X}b")).status == 400
    assert org.patch(mapping_key(f"a%{ord(character):02X}b"), {"psasync_name": "x"}).status == 400


def test_quotes_and_letters_in_a_key_are_fine(org: Organization) -> None:
    """Section 6: everything else can stand in a key."""
    assert org.patch(mapping_key("O''Brian Söhne"), {"psasync_name": "x"}).status == 204
    assert org.get(mapping_key("o''brian söhne")).json["psasync_sourceid"] == "O'Brian Söhne"


def test_upsert_without_condition_repeats_the_key_url(org: Organization) -> None:
    """Section 6: OData-EntityId is the key URL, not the GUID."""
    for _ in range(2):
        reply = org.patch(mapping_key("u"), {"psasync_name": "x"})
        assert reply.status == 204
        assert reply.headers["odata-entityid"].endswith(f"/{mapping_key('u')}")


def test_upsert_with_representation_tells_created_from_updated(org: Organization) -> None:
    """Section 6: 201 or 200 with GUID and ETag."""
    path = f"{mapping_key('u')}?$select=psasync_mappingid"
    first, second = org.patch(path, {}, REPRESENTATION), org.patch(path, {}, REPRESENTATION)
    assert (first.status, second.status) == (201, 200)
    assert first.json["psasync_mappingid"] == second.json["psasync_mappingid"]
    assert first.json["@odata.etag"] != second.json["@odata.etag"]
    assert set(first.json) == {"@odata.context", "@odata.etag", "psasync_mappingid"}


def test_create_only_and_update_only(org: Organization) -> None:
    """Section 6: If-None-Match: * and If-Match: *, and an ETag on a key URL."""
    assert org.patch(mapping_key("c"), {}, {"If-Match": "*"}).status == 404
    assert org.patch(mapping_key("c"), {}, {"If-None-Match": "*"}).status == 204
    again = org.patch(mapping_key("c"), {}, {"If-None-Match": "*"})
    assert (again.status, again.code) == (412, "0x80040237")
    tag = org.get(mapping_key("c")).headers["etag"]
    assert org.patch(mapping_key("c"), {"psasync_attempts": 1}, {"If-Match": tag}).status == 204
    assert org.patch(mapping_key("c"), {"psasync_attempts": 2}, {"If-Match": tag}).status == 412


def test_key_columns_in_the_body_are_dropped_or_win(org: Organization) -> None:
    """Section 6: dropped silently when the row exists; the body's value is written when it is new."""
    org.patch(mapping_key("old"), {"psasync_name": "x"})
    assert org.patch(mapping_key("old"), {"psasync_sourceid": "other", "psasync_name": "y"}).status == 204
    assert org.get(mapping_key("old")).json["psasync_name"] == "y"
    assert org.patch(mapping_key("url"), {"psasync_sourceid": "body"}).status == 204
    assert org.get(mapping_key("url")).status == 404
    assert org.get(mapping_key("body")).status == 200


def test_a_second_row_with_the_same_key_is_412(org: Organization) -> None:
    """Section 3: DuplicateRecordEntityKey; section 6: the unique index decides, without letter case."""
    org.create("psasync_jobs", psasync_requestkey="k")
    reply = org.post("psasync_jobs", {"psasync_requestkey": "K"})
    assert (reply.status, reply.code) == (412, "0x80060892")
    assert reply.message == (
        "Entity Key psasync_job_requestkey violated. A record with the same value for psasync_requestkey already "
        "exists. A duplicate record cannot be created. Select one or more unique values and try again."
    )
    other = org.create("psasync_jobs", psasync_requestkey="k2")
    assert org.patch(f"psasync_jobs({other})", {"psasync_requestkey": "k"}).status == 412
    assert org.patch(f"psasync_jobs({other})", {"psasync_requestkey": "k3"}).status == 204
    assert org.post("psasync_jobs", {"psasync_requestkey": "k2"}).status == 204


def test_null_parts_are_not_checked_for_uniqueness(org: Organization) -> None:
    """Section 6."""
    for _ in range(2):
        assert org.post("psasync_jobs", {"psasync_name": "no key"}).status == 204


def test_a_freed_key_can_be_used_again(org: Organization) -> None:
    """Section 6: the index follows deletes."""
    org.patch(mapping_key("f"), {})
    assert org.delete(mapping_key("f")).status == 204
    assert org.patch(mapping_key("f"), {}, {"If-None-Match": "*"}).status == 204
