"""Addresses, credentials, permissions and limits of the API as a whole."""

import json

import pytest

from emulators.connectwise import coverage
from emulators.connectwise.schema import api_slice
from tests.emulator.connectwise.harness import CLIENT_ID, ROOT, Tenant, basic

pytestmark = pytest.mark.emulator

_MODULES = ("company", "finance", "procurement", "system")
_VERBS = ("get", "post", "put", "patch", "delete")


def test_company_info_needs_no_credentials_and_holds_strings_only(tenant: Tenant) -> None:
    """connectwise.md 2.1: all values are strings, IsCloud too; the codebase ends with a slash."""
    reply = tenant.call("GET", "/login/companyinfo/contoso", headers={"authorization": None, "clientid": None})
    assert reply.status == 200
    assert reply.json["Codebase"] == "v2025_1/"
    assert reply.json["IsCloud"] == "True"
    assert all(isinstance(value, str) for value in reply.json.values())


def test_company_info_of_an_unknown_company_is_null(tenant: Tenant) -> None:
    """connectwise.md 2.1: an unknown company yields the JSON value null."""
    reply = tenant.call("GET", "/login/companyinfo/nobody", headers={"authorization": None})
    assert (reply.status, reply.json) == (200, None)


@pytest.mark.parametrize("codebase", ["v4_6_release", "v2025_1"])
def test_both_codebases_answer(tenant: Tenant, codebase: str) -> None:
    """connectwise.md 2.1: v4_6_release also works and routes to the current version."""
    assert tenant.call("GET", f"/{codebase}/apis/3.0/system/info").json["isCloud"] is True


def test_a_wrong_codebase_cannot_be_routed(tenant: Tenant) -> None:
    """connectwise.md 2.1: 400 with a plain text."""
    reply = tenant.call("GET", "/v2019_5/apis/3.0/system/info")
    assert (reply.status, reply.body) == (400, b"Cannot route. Codebase/company is invalid")
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer x",
        basic().replace("Basic", "Bearer"),
        "Basic !!!",
        basic(private="wrong"),
        basic(public="wrong"),
        basic(company="other"),
    ],
)
def test_wrong_credentials_are_401(tenant: Tenant, authorization: str | None) -> None:
    """connectwise.md 5: code Unauthorized, "Incorrect public/private key"."""
    reply = tenant.get("/system/info", headers={"authorization": authorization})
    assert reply.status == 401
    assert reply.json == {"code": "Unauthorized", "message": "Incorrect public/private key"}


def test_wrong_keys_can_show_the_html_404_of_the_cloud(tenant: Tenant) -> None:
    """connectwise.md 5: an HTML 404 on cloud possibly means wrong credentials."""
    tenant.switch(wrong_key_html_404=True)
    reply = tenant.get("/system/info", headers={"authorization": basic(private="wrong")})
    assert reply.status == 404
    assert reply.headers["content-type"] == "text/html"
    assert tenant.get("/system/info").status == 200


@pytest.mark.parametrize("client_id", [None, "", "my-integration"])
def test_a_missing_client_id_is_401(tenant: Tenant, client_id: str | None) -> None:
    """connectwise.md 2.2 and 13.2: clientId is a GUID, required on every call."""
    assert tenant.get("/system/info", headers={"clientId": client_id}).status == 401
    assert tenant.get("/system/info", headers={"clientId": CLIENT_ID.upper()}).status == 200


def test_answers_carry_the_headers_worth_logging(tenant: Tenant) -> None:
    """connectwise.md 2.2: x-cw-request-id, x-server-name, api-current-version."""
    first, second = (tenant.get("/system/info").headers for _ in range(2))
    assert first["x-cw-request-id"] != second["x-cw-request-id"]
    assert first["x-server-name"]
    assert first["api-current-version"] == "2025.1"


def test_a_role_without_the_permission_is_403(tenant: Tenant) -> None:
    """connectwise.md 5: code Security; 2.2: agreements cover additions."""
    right = {"area": "Agreement", "add": False}
    assert tenant.control("POST", "permissions", right).json["Agreement"]["add"] is False
    reply = tenant.post("/finance/agreements/412/additions", {"product": {"id": 990}, "billCustomer": "Billable"})
    assert reply.status == 403
    assert reply.json == {
        "code": "Security",
        "message": "You do not have security permission to perform this action.",
    }
    assert tenant.get("/finance/agreements/412").status == 200
    assert tenant.get("/company/companies/250").status == 200
    tenant.control("POST", "permissions", {"area": "Agreement", "add": True})
    assert tenant.post("/finance/agreements/412/additions", {}).status == 400


def test_setup_lists_can_be_read_without_the_table_permission(tenant: Tenant) -> None:
    """connectwise.md 2.2: setup-table values can be read without that table permission."""
    tenant.control("POST", "permissions", {"area": "Setup", "inquire": False, "add": False})
    assert tenant.get("/finance/agreements/types").status == 200
    assert tenant.post("/procurement/categories", {"name": "New"}).status == 403


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"area": "Nothing", "add": False}, "area"),
        ({"area": "Setup", "sing": False}, "sing"),
        ({"area": "Setup", "add": 1.5}, "add"),
    ],
)
def test_the_permission_switch_names_what_is_wrong(tenant: Tenant, body: dict[str, object], named: str) -> None:
    """Architecture 10: bad input of a control route is a 400 that names the member."""
    reply = tenant.control("POST", "permissions", body)
    assert reply.status == 400
    assert reply.json["error"].startswith(named)


def test_too_many_requests_in_a_minute_are_429_with_retry_after(tenant: Tenant) -> None:
    """connectwise.md 5 and 6: the first member is `error`, Retry-After says when; per key, on the virtual clock."""
    tenant.set_clock("2025-07-01T09:00:00Z")
    tenant.switch(requests_per_minute=3)
    assert [tenant.get("/system/info").status for _ in range(4)] == [200, 200, 200, 429]
    reply = tenant.get("/system/info")
    seconds = int(reply.headers["retry-after"])
    assert 58 <= seconds <= 60
    assert reply.json == {
        "error": "ConnectWiseAPI",
        "message": f"Too many requests. Please try again in {seconds} seconds.",
    }
    tenant.control("POST", "clock", {"advance_seconds": seconds})
    assert tenant.get("/system/info").status == 200


def test_switches_refuse_what_they_do_not_know(tenant: Tenant) -> None:
    """Architecture 10: bad input of a control route is a 400 that names the member."""
    for body in ({"nonsense": True}, {"requests_per_minute": 0}, {"extra_members": "yes"}):
        reply = tenant.control("POST", "switches", body)
        assert reply.status == 400
        assert reply.json["error"].startswith(next(iter(body)))


def test_an_address_above_2000_characters_is_414(tenant: Tenant) -> None:
    """connectwise.md 3.4: the emulator answers 414 above 2,000 characters of the whole address."""
    fixed = len(f"http://127.0.0.1:80{ROOT}/company/companies?fields=")
    assert tenant.get("/company/companies", fields="x" * (2000 - fixed)).status == 200
    reply = tenant.get("/company/companies", fields="x" * (2001 - fixed))
    assert reply.status == 414
    assert reply.headers["content-type"] == "text/html"


def test_a_missing_path_is_404_and_a_path_of_the_vendor_that_is_missing_here_is_501(tenant: Tenant) -> None:
    """connectwise.md 5: "The endpoint does not exist."; architecture 10: 501 for what is not emulated."""
    reply = tenant.get("/nonsense")
    assert (reply.status, reply.json) == (404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."})
    assert tenant.get("/company/companies/abc").status == 404
    assert tenant.get("/service/tickets").status == 501
    assert tenant.call("PATCH", f"{ROOT}/procurement/categories/4", []).status == 501
    assert tenant.call("GET", "/nonsense").status == 404


def test_a_wrong_verb_is_405(tenant: Tenant) -> None:
    """connectwise.md 5: 405 for a wrong verb."""
    reply = tenant.delete("/company/companies")
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, POST"
    assert tenant.post("/company/companies/250", {}).status == 405
    assert tenant.call("POST", "/login/companyinfo/contoso").status == 405


def test_another_media_type_is_415(tenant: Tenant) -> None:
    """connectwise.md 5: 415 for a wrong media type."""
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded"):
        headers = {"content-type": content_type}
        assert tenant.call("POST", f"{ROOT}/procurement/categories", {"name": "x"}, headers=headers).status == 415
    headers = {"content-type": "application/json; charset=utf-8"}
    assert tenant.call("POST", f"{ROOT}/procurement/categories", {"name": "x"}, headers=headers).status == 201


def test_a_pinned_version_has_the_members_of_its_time(tenant: Tenant) -> None:
    """connectwise.md 1 and 2.2: newer members are unknown to an older version, in bodies and in answers."""
    pinned = {"accept": "application/vnd.connectwise.com+json; version=2022.1"}
    path = f"{ROOT}/finance/agreements/412"
    assert "invoiceProratedAdditionsFlag" not in tenant.call("GET", path, headers=pinned).json
    assert tenant.call("GET", path).json["invoiceProratedAdditionsFlag"] is False
    change = [{"op": "replace", "path": "invoiceProratedAdditionsFlag", "value": True}]
    assert tenant.call("PATCH", path, change, headers=pinned).status == 400
    assert tenant.call("PATCH", path, change).status == 200


def test_communication_types_refuse_old_versions(tenant: Tenant) -> None:
    """connectwise.md 2.2: they refuse 2019.5 and take 2020.4."""
    statuses = [
        tenant.get(
            "/company/communicationTypes",
            headers={"accept": f"application/vnd.connectwise.com+json; version={version}"},
        ).status
        for version in ("2019.5", "2020.4")
    ]
    assert statuses == [400, 200]


_PARENTS = {"companies": 250, "agreements": 412, "categories": 4}
_SLICE_OPERATIONS = [operation for operation in coverage() if operation[1].startswith(tuple("/" + m for m in _MODULES))]


def test_coverage_is_the_slice() -> None:
    """Issue: every path and method of the OpenAPI slice."""
    outside = {"/login/companyinfo/{loginCompanyId}", "/{codebase}/system/callbackkey/index.rails"}
    covered = {(method, template.removeprefix("/{codebase}")) for method, template, _ in coverage()}
    paths = api_slice()["paths"]
    assert covered == {
        (method.upper(), path.rstrip("/")) for path in paths for method in paths[path] if method in _VERBS
    }
    assert outside <= {template for _, template, _ in coverage()}


@pytest.mark.parametrize(("method", "template"), [operation[:2] for operation in _SLICE_OPERATIONS])
def test_every_operation_of_the_slice_answers(tenant: Tenant, method: str, template: str) -> None:
    """Issue: every path and method of the OpenAPI slice answers for itself, not with 405 or 501."""
    path = template
    for name, row_id in _PARENTS.items():
        path = path.replace(f"/{name}/{{parentId}}/", f"/{name}/{row_id}/")
    if path.endswith("/{id}"):
        path = path.removesuffix("{id}") + str((tenant.ids(path.removesuffix("/{id}")) or [1])[0])
    reply = tenant.call(
        method, ROOT + path, {"name": 1} if method in ("POST", "PUT") else [] if method == "PATCH" else None
    )
    empty = template in ("/finance/invoices/{id}", "/system/callbacks/{id}")
    expected = {"GET": (200,), "DELETE": (204, 409), "PATCH": (200,)}.get(method, (400, 500))
    assert reply.status == 404 if empty else reply.status in expected, reply.body


def test_request_log_counts_by_template(tenant: Tenant) -> None:
    """Architecture 10: counts are kept by method and route template."""
    tenant.get("/finance/agreements/412/additions")
    tenant.get("/finance/agreements/413/additions")
    tenant.get("/finance/agreements/412/additions/77001")
    tenant.call("GET", "/login/companyinfo/contoso")
    counts = tenant.control("GET", "requests").json["counts"]
    assert counts["GET /finance/agreements/{id}/additions"] == 2
    assert counts["GET /finance/agreements/{id}/additions/{id}"] == 1
    assert counts["GET /login/companyinfo/{loginCompanyId}"] == 1


def test_answers_are_json_with_charset(tenant: Tenant) -> None:
    """Fixtures: application/json; charset=utf-8."""
    reply = tenant.get("/company/companies/250")
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(reply.body)["id"] == 250
