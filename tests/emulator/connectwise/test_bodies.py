"""Strictness of request bodies."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.emulator.connectwise.harness import ROOT, Tenant

pytestmark = pytest.mark.emulator

ADDITIONS = "/finance/agreements/412/additions"
ADDITION = {"product": {"id": 990}, "billCustomer": "Billable"}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_unknown_member_is_refused_with_its_place(tenant: Tenant, method: str) -> None:
    """connectwise.md 4.1: 400 ConnectWiseApi with path, line and position, as observed."""
    path = ADDITIONS if method == "POST" else f"{ADDITIONS}/77001"
    reply = tenant.call(method, ROOT + path, b'{"billCustomer":"Billable",\n "page": 1}')
    assert reply.status == 400
    assert reply.json == {
        "code": "ConnectWiseApi",
        "message": "Could not find member 'page' on object of type 'Addition'. Path 'page', line 2, position 8."
        "Check your accept header to make sure you are using the correct version.",
    }


def test_an_unknown_member_of_a_reference_is_refused(tenant: Tenant) -> None:
    """connectwise.md 4.1: unknown members are refused."""
    reply = tenant.post(ADDITIONS, {**ADDITION, "product": {"id": 990, "sku": "x"}})
    assert reply.status == 400
    assert "'sku' on object of type 'IvItemReference'. Path 'product.sku'" in reply.json["message"]


def test_member_names_are_matched_exactly(tenant: Tenant) -> None:
    """connectwise.md 4.1, strict reading: another letter case is another member."""
    assert tenant.post("/procurement/categories", {"Name": "x"}).status == 400


@pytest.mark.parametrize(
    ("member", "value", "type_name"),
    [
        ("id", "abc", "System.Int32"),
        ("id", 2**31, "System.Int32"),
        ("quantity", "12.5", "System.Double"),
        ("quantity", True, "System.Double"),
        ("taxableFlag", "true", "System.Boolean"),
        ("taxableFlag", 1, "System.Boolean"),
        ("serialNumber", 5, "System.String"),
        ("effectiveDate", "yesterday", "System.DateTime"),
        ("effectiveDate", "2025-07-01", "System.DateTime"),
        ("effectiveDate", "2025-07-01T00:00:00.500Z", "System.DateTime"),
        ("effectiveDate", "2025-13-01T00:00:00Z", "System.DateTime"),
        ("billCustomer", True, "System.Enum"),
        ("product", 990, "IvItemReference"),
        ("customFields", {}, "List"),
    ],
)
def test_a_value_of_the_wrong_type_is_500_error_converting(
    tenant: Tenant, member: str, value: Any, type_name: str
) -> None:
    """connectwise.md 4.1 and 5: 500 "Error converting value", permanent; times have whole seconds."""
    reply = tenant.post(ADDITIONS, {**ADDITION, member: value})
    assert reply.status == 500
    message = reply.json["message"]
    assert message.startswith("Error converting value ")
    assert f"Path '{member}', line 1, position " in message
    assert type_name in message or type_name == "IvItemReference"


def test_numeric_ids_in_quotes_are_converted(tenant: Tenant) -> None:
    """connectwise.md 4.1: numeric ids sent as strings were converted without complaint."""
    reply = tenant.post(ADDITIONS, {**ADDITION, "product": {"id": "990"}})
    assert (reply.status, reply.json["product"]["id"]) == (201, 990)


def test_null_for_a_member_that_cannot_be_null_is_500(tenant: Tenant) -> None:
    """connectwise.md 4.1: omit nulls; OpenAPI slice: defaultFlag of a billing cycle is not nullable."""
    cycle = {"identifier": "X", "name": "x", "billingOptions": "Monthly"}
    assert tenant.post("/finance/billingCycles", {**cycle, "defaultFlag": None}).status == 500
    assert tenant.post("/procurement/manufacturers", {"name": "x", "inactiveFlag": None}).status == 201


@pytest.mark.parametrize("raw", [b"", b"{", b"{'name':'x'}", b'{"name": NaN}', b"\xff\xfe", b'{"name":"x"} x'])
def test_a_body_that_is_no_json_is_400(tenant: Tenant, raw: bytes) -> None:
    """connectwise.md 5: a malformed body is a permanent 400."""
    reply = tenant.call("POST", f"{ROOT}/procurement/categories", raw, headers={"content-type": "application/json"})
    assert (reply.status, reply.json["code"]) == (400, "ConnectWiseApi")


def test_a_body_that_is_no_object_is_refused(tenant: Tenant) -> None:
    """connectwise.md 4.1: a wrong type."""
    assert tenant.post("/procurement/categories", ["x"]).status == 500
    assert tenant.call("PATCH", f"{ROOT}/company/companies/250", {"op": "replace"}).status == 500


def test_all_missing_required_members_are_named_at_once(tenant: Tenant) -> None:
    """connectwise.md 5: InvalidObject with MissingRequiredField for each; 9.4: name, type, company, contact."""
    reply = tenant.post("/finance/agreements", {"name": " "})
    assert (reply.status, reply.json["code"]) == (400, "InvalidObject")
    assert reply.json["message"] == "agreement object is invalid"
    assert reply.faults == {("MissingRequiredField", name) for name in ("name", "type", "company", "contact")}
    entry = next(entry for entry in reply.json["errors"] if entry["field"] == "type")
    assert entry == {
        "code": "MissingRequiredField",
        "message": "The type field is required.",
        "resource": "agreement",
        "field": "type",
    }


@pytest.mark.parametrize(
    ("path", "member", "cap"),
    [
        ("/company/companies", "identifier", 25),
        ("/company/companies", "name", 50),
        ("/company/companies", "accountNumber", 100),
        ("/procurement/catalog", "identifier", 60),
        ("/procurement/catalog", "description", 60),
        ("/finance/agreements", "reasonCancelled", 50),
        ("/finance/agreements", "workOrder", 20),
        ("/company/contacts", "firstName", 30),
        (ADDITIONS, "serialNumber", 50),
        (ADDITIONS, "invoiceDescription", 6000),
    ],
)
def test_portable_caps_hold(tenant: Tenant, path: str, member: str, cap: int) -> None:
    """connectwise.md 9 and 13.6: MaxLengthField with the portable caps, counted in UTF-16 code units."""
    fits, too_long = tenant.post(path, {member: "x" * cap}), tenant.post(path, {member: "x" * (cap + 1)})
    fault = ("MaxLengthField", member)
    assert fits.status == 201 or fault not in fits.faults
    assert fault in too_long.faults
    emoji = tenant.post(path, {member: "\U0001f600" * (cap // 2 + 1)})
    assert fault in emoji.faults
    message = next(entry["message"] for entry in too_long.json["errors"] if entry["field"] == member)
    assert message == f"The field {member} must be a string with a maximum length of {cap}."


def test_choices_are_checked(tenant: Tenant) -> None:
    """connectwise.md 9.5: billCustomer is one of three strings, not billableOption's four."""
    assert ("InvalidField", "billCustomer") in tenant.post(ADDITIONS, {**ADDITION, "billCustomer": "NoDefault"}).faults


def test_references_must_exist(tenant: Tenant) -> None:
    """connectwise.md 5: NotFound in errors[] with the path of the id as field."""
    reply = tenant.post(ADDITIONS, {**ADDITION, "product": {"id": 4711}})
    assert reply.json["errors"] == [
        {
            "code": "NotFound",
            "message": "CatalogItem 4711 not found",
            "resource": "Addition",
            "field": "product/id",
        }
    ]


def test_references_can_be_named_by_identifier_or_name(tenant: Tenant) -> None:
    """connectwise.md 9.5: product by id or identifier."""
    reply = tenant.post(ADDITIONS, {**ADDITION, "product": {"identifier": "CFQ7TTC0LFLX:0001-Y"}})
    assert (reply.status, reply.json["product"]["id"]) == (201, 991)
    company = tenant.post("/company/companies", {"identifier": "A", "name": "A", "status": {"name": "credit hold"}})
    assert (company.status, company.json["status"]["id"]) == (201, 3)
    reply = tenant.post(ADDITIONS, {**ADDITION, "product": {"identifier": "nothing"}})
    assert reply.faults == {("NotFound", "product/identifier")}


def test_records_cannot_be_referred_to_by_name(tenant: Tenant) -> None:
    """connectwise.md 9.4: names of records are not unique."""
    reply = tenant.post("/company/contacts", {"firstName": "x", "company": {"name": "Fabrikam Sample GmbH"}})
    assert reply.faults == {("NotFound", "company/name")}


def test_a_custom_value_beyond_double_is_500(tenant: Tenant) -> None:
    """connectwise.md 4.1: a wrong type; written out it would fill the memory."""
    raw = b'{"firstName":"x","customFields":[{"id":21,"value":1e999999999}]}'
    assert tenant.call("POST", f"{ROOT}/company/contacts", raw).status == 500


def test_line_breaks_show_as_blanks_and_other_characters_survive(tenant: Tenant) -> None:
    """connectwise.md 4.1: quotes, backslash and tab survive, line breaks do not."""
    text = 'a "quoted" \\ path\ttab\r\nnext Zürich \U0001f600'
    reply = tenant.post(ADDITIONS, {**ADDITION, "invoiceDescription": text})
    assert reply.json["invoiceDescription"] == 'a "quoted" \\ path\ttab  next Zürich \U0001f600'


def test_half_of_a_surrogate_pair_does_not_break_answers(tenant: Tenant) -> None:
    """Robustness: JSON may escape what UTF-8 cannot hold."""
    raw = json.dumps({**ADDITION, "serialNumber": "x\ud800y\U0001f600"}).encode()
    reply = tenant.call("POST", ROOT + ADDITIONS, raw, headers={"content-type": "application/json"})
    assert (reply.status, reply.json["serialNumber"]) == (201, "x\ufffdy\U0001f600")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"12.5", b"12.5"),
        (b"25", b"25.0"),
        (b"0.1", b"0.1"),
        (b"7.41935", b"7.41935"),
        (b"1e2", b"100.0"),
        (b"-0.005", b"-0.005"),
        (b"12.50", b"12.5"),
        (b"123456789012.123456789", b"123456789012.123456789"),
    ],
)
def test_numbers_are_kept_exactly(tenant: Tenant, sent: bytes, answered: bytes) -> None:
    """Domain M1: decimals from wire to wire, written as the vendor writes doubles."""
    raw = b'{"product":{"id":990},"billCustomer":"Billable","unitPrice":' + sent + b"}"
    reply = tenant.call("POST", ROOT + ADDITIONS, raw)
    assert b'"unitPrice":' + answered + b"," in reply.body
    assert reply.json["extPrice"] == Decimal(answered.decode())


def test_a_number_beyond_double_is_500(tenant: Tenant) -> None:
    """connectwise.md 4.1: a wrong type."""
    raw = b'{"product":{"id":990},"billCustomer":"Billable","unitPrice":1e400}'
    assert tenant.call("POST", ROOT + ADDITIONS, raw).status == 500


def test_computed_members_and_ids_of_a_body_are_ignored(tenant: Tenant) -> None:
    """connectwise.md 9.5: computed members; 4.1: id 0 was accepted."""
    body = {**ADDITION, "id": 0, "quantity": 2, "unitPrice": 3, "extPrice": 1, "agreementId": 7, "_info": {"x": "y"}}
    reply = tenant.post(ADDITIONS, body)
    assert reply.status == 201
    assert reply.json["id"] > 77001
    assert (reply.json["extPrice"], reply.json["agreementId"]) == (6, 412)


def test_empty_members_are_missing_from_answers(tenant: Tenant) -> None:
    """connectwise.md 4.1: empty members are mostly missing, references contain _info."""
    row = tenant.get("/company/companies/252").json
    assert "website" not in row
    assert "defaultContact" not in row
    assert row["country"]["_info"] == row["site"]["_info"] == {}
    assert row["status"]["_info"]["status_href"].endswith("/apis/3.0//company/companies/statuses/1")


def test_info_names_another_host_and_doubles_a_slash(tenant: Tenant) -> None:
    """connectwise.md 3.5 and 13.12: _info has lastUpdated and hrefs with a foreign host and a doubled slash."""
    tenant.set_clock("2025-07-01T09:15:02.700Z")
    contact = tenant.post("/company/contacts", {"firstName": "Bea", "company": {"id": 250}}).json
    assert contact["_info"]["lastUpdated"] == "2025-07-01T09:15:02Z"
    expected = f"https://na.myconnectwise.net/v4_6_release/apis/3.0//company/contacts/{contact['id']}/communications"
    assert contact["_info"]["communications_href"] == expected


def test_extra_unknown_members_can_be_switched_on(tenant: Tenant) -> None:
    """connectwise.md 1 and 13.12: a tolerant reader survives members that no model knows."""
    assert "emulatorExtra" not in tenant.get("/company/companies/250").json
    tenant.switch(extra_members=True)
    assert "emulatorExtra" in tenant.get("/company/companies/250").json
