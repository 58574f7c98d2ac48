"""$batch: order, change sets, references, errors, limits (dataverse.md 7)."""

from typing import Any

import pytest

from tests.emulator.dataverse.harness import (
    ACCOUNT,
    BASE,
    BATCH_HEADERS,
    CONTACT,
    CONTINUE,
    MISSING,
    Organization,
    batch,
    change_set,
    mapping_key,
    part,
    statuses,
)

pytestmark = pytest.mark.emulator

GET = part("GET", "accounts?$select=name&$top=1")
BAD = part("POST", "accounts", {"name": "x" * 161})


def good(name: str, **options: Any) -> str:
    """Return a part that creates an account."""
    return part("POST", "accounts", {"name": name}, **options)


def test_parts_run_in_order_and_are_answered_in_order(org: Organization) -> None:
    """Section 7: outer 200, one answer a part, CRLF, the last line too."""
    read = part("GET", "accounts?$select=name&$filter=name eq 'Batch one'")
    reply = org.post("$batch", batch(read, good("Batch one"), read), BATCH_HEADERS)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert statuses(reply) == [200, 204, 200]
    first, _, last = (piece.split(b"\r\n\r\n", 2)[2] for piece in reply.body.split(b"--batchresponse_")[1:4])
    assert b'"value":[]' in first
    assert b'"Batch one"' in last
    assert reply.body.endswith(b"--\r\n")
    assert b"\n" not in reply.body.replace(b"\r\n", b"")
    assert b"Content-Type: application/json; odata.metadata=minimal; odata.streaming=true" in reply.body


def test_created_rows_have_location_and_entity_id(org: Organization) -> None:
    """Section 7: the sample answer."""
    body = org.post("$batch", batch(good("a")), BATCH_HEADERS).body
    assert body.count(f"Location: {BASE}/accounts(".encode()) == 1
    assert body.count(f"OData-EntityId: {BASE}/accounts(".encode()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body.replace(b"\r\n", b"\n"),
        lambda body: body[:-2],
        lambda body: b"",
        lambda body: body.replace(b"HTTP/1.1", b""),
    ],
)
def test_lines_must_end_with_crlf_the_last_one_too(org: Organization, damage: Any) -> None:
    """Section 7: LF-only fails with 0x80048d19; a batch rejected as a whole is plain JSON."""
    reply = org.post("$batch", damage(batch(GET)), BATCH_HEADERS)
    assert (reply.status, reply.code) == (400, "0x80048d19")
    assert "Stream was not readable." in reply.message


def test_the_boundary_is_needed(org: Organization) -> None:
    """Section 7."""
    assert org.post("$batch", batch(GET), {"Content-Type": "application/json"}).status == 400
    assert org.get("$batch", BATCH_HEADERS).status == 405


@pytest.mark.parametrize("prefix", ["", "/api/data/v9.2/", f"{BASE}/"])
def test_part_urls_are_relative_or_absolute(org: Organization, prefix: str) -> None:
    """Section 7: part URLs."""
    raw = part("GET", "XX").replace("/api/data/v9.2/XX", f"{prefix}accounts?$top=1")
    assert statuses(org.post("$batch", batch(raw), BATCH_HEADERS)) == [200]


def test_without_preference_the_first_error_ends_the_batch(org: Organization) -> None:
    """Section 7: outer 400, later parts do not run, earlier ones stay."""
    reply = org.post("$batch", batch(good("Before"), BAD, good("After")), BATCH_HEADERS)
    assert (reply.status, statuses(reply)) == (400, [204, 400])
    assert b'"code":"0x80044331"' in reply.body
    assert b"REQ_ID: " in reply.body
    assert org.names("accounts?$select=name&$filter=name eq 'Before' or name eq 'After'") == ["Before"]


def test_continue_on_error_gives_a_status_per_part(org: Organization) -> None:
    """Section 7: outer 200."""
    reply = org.post("$batch", batch(BAD, good("After"), part("DELETE", f"accounts({MISSING})")), CONTINUE)
    assert (reply.status, statuses(reply)) == (200, [400, 204, 404])


def test_a_change_set_is_atomic(org: Organization) -> None:
    """Section 7: a failed change set answers nested, with the failing Content-ID, and leaves nothing behind."""
    parts = (
        good("CS one", content_id=1),
        part("POST", "accounts", {"name": "x" * 161}, content_id=2),
        good("CS three", content_id=3),
    )
    reply = org.post("$batch", batch(change_set(*parts), good("CS after")), CONTINUE)
    assert statuses(reply) == [400, 204]
    assert b"changesetresponse_" in reply.body
    assert b"Content-ID: 2\r\n" in reply.body
    assert org.names("accounts?$select=name&$filter=startswith(name,'CS ')") == ["CS after"]


def test_a_failed_change_set_can_answer_plainly(org: Organization) -> None:
    """Section 7: the form that OData asks for is offered too."""
    org.control("settings", {"nested_change_set_errors": False})
    reply = org.post("$batch", batch(change_set(part("POST", "accounts", {"nothing": 1}, content_id=1))), CONTINUE)
    assert statuses(reply) == [400]
    assert b"changesetresponse_" not in reply.body


def test_a_good_change_set_answers_each_part_with_its_id(org: Organization) -> None:
    """Section 7: sample answer."""
    reply = org.post("$batch", batch(change_set(good("a", content_id=1), good("b", content_id=2))), BATCH_HEADERS)
    assert statuses(reply) == [204, 204]
    assert reply.body.index(b"Content-ID: 1") < reply.body.index(b"Content-ID: 2")


def test_references_work_in_urls_binds_and_ids(org: Organization) -> None:
    """Section 7: `$1` later in the same change set."""
    parts = (
        good("Referenced", content_id=1),
        part("POST", "contacts", {"lastname": "Ref", "parentcustomerid_account@odata.bind": "$1"}, content_id=2),
        part("PATCH", "$1", {"fax": "9"}, content_id=3),
        part("PUT", "$1/telephone1", {"value": "8"}, content_id=4),
        part("PUT", "$1/primarycontactid/$ref", {"@odata.id": "$2"}, content_id=5),
    )
    reply = org.post("$batch", batch(change_set(*parts)), BATCH_HEADERS)
    assert statuses(reply) == [204] * 5
    [row] = org.get(
        "accounts?$select=fax,telephone1&$filter=name eq 'Referenced'"
        "&$expand=primarycontactid($select=lastname),contact_customer_accounts($select=lastname)"
    ).rows
    assert (row["fax"], row["telephone1"], row["primarycontactid"]["lastname"]) == ("9", "8", "Ref")
    assert [c["lastname"] for c in row["contact_customer_accounts"]] == ["Ref"]


def test_a_forward_reference_is_refused_with_the_documented_text(org: Organization) -> None:
    """Section 7."""
    for first in (
        part("PATCH", "$2", {"fax": "1"}, content_id=1),
        part("POST", "contacts", {"lastname": "x", "parentcustomerid_account@odata.bind": "$2"}, content_id=1),
    ):
        reply = org.post("$batch", batch(change_set(first, good("later", content_id=2))), CONTINUE)
        assert b"Content-ID Reference: '$2' does not exist in the batch context." in reply.body


def test_parts_of_a_change_set_need_a_content_id(org: Organization) -> None:
    """Section 7: 0x80060888."""
    reply = org.post("$batch", batch(change_set(good("x"))), CONTINUE)
    assert b'"code":"0x80060888","message":"Content-ID header not present' in reply.body
    twice = org.post("$batch", batch(change_set(good("x", content_id=1), good("y", content_id=1))), CONTINUE)
    assert statuses(twice) == [400]


def test_a_change_set_holds_no_get_and_a_batch_no_batch(org: Organization) -> None:
    """Section 7."""
    reply = org.post(
        "$batch", batch(change_set(part("GET", "accounts", content_id=1)), part("POST", "$batch", {})), CONTINUE
    )
    assert statuses(reply) == [400, 400]


def test_a_batch_has_at_most_1000_parts(org: Organization) -> None:
    """Section 7; change sets count with their parts."""
    small = part("GET", "WhoAmI")
    assert org.post("$batch", batch(*[small] * 1000), BATCH_HEADERS).status == 200
    reply = org.post(
        "$batch", batch(*[small] * 999, change_set(good("a", content_id=1), good("b", content_id=2))), BATCH_HEADERS
    )
    assert (reply.status, reply.code) == (400, "0x80060888")


def test_urls_inside_a_batch_may_be_longer(org: Organization) -> None:
    """Section 2: 65,536 characters inside $batch."""

    def read(length: int) -> str:
        return part("GET", f"accounts?$select=name&$filter=name eq '{'x' * length}'")

    assert statuses(org.post("$batch", batch(read(60000), read(66000)), CONTINUE)) == [200, 414]


def test_headers_of_a_part_are_its_own(org: Organization) -> None:
    """Conditions and preferences stand on the part; the outer ones do not leak in."""
    parts = (
        part(
            "PATCH",
            f"{mapping_key('b')}?$select=psasync_mappingid",
            {"psasync_name": "1"},
            {"Prefer": "return=representation", "If-None-Match": "*"},
        ),
        part("PATCH", mapping_key("b"), {"psasync_name": "2"}, {"If-None-Match": "*"}),
        part("PATCH", mapping_key("b"), {"psasync_name": "3"}),
    )
    reply = org.post("$batch", batch(*parts), {**CONTINUE, "If-None-Match": "null"})
    assert statuses(reply) == [201, 412, 204]
    assert b'"psasync_mappingid":"' in reply.body


def test_metadata_can_be_read_in_a_batch(org: Organization) -> None:
    """Every route works inside a batch."""
    reply = org.post(
        "$batch",
        batch(part("GET", "EntityDefinitions(LogicalName='account')?$select=LogicalName"), part("GET", "WhoAmI")),
        BATCH_HEADERS,
    )
    assert statuses(reply) == [200, 200]


def test_a_get_part_may_end_with_one_or_two_empty_lines(org: Organization) -> None:
    """Section 7 asks for two; Microsoft's own client sends one."""
    one = GET[:-2] if GET.endswith("\r\n\r\n") else GET
    assert statuses(org.post("$batch", batch(one), BATCH_HEADERS)) == [200]
    assert statuses(org.post("$batch", batch(GET + "\r\n"), BATCH_HEADERS)) == [200]


def test_deletes_and_reads_of_known_rows(org: Organization) -> None:
    """The same rules as outside a batch."""
    reply = org.post(
        "$batch",
        batch(
            part("DELETE", f"contacts({CONTACT})"),
            part("GET", f"contacts({CONTACT})"),
            part("GET", f"accounts({ACCOUNT})"),
        ),
        CONTINUE,
    )
    assert statuses(reply) == [204, 404, 200]
