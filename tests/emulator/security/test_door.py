"""The door of the running app: tokens, bodies, addresses and headers as a hostile network sends them."""

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from emulators.entra.directory import TENANT_ID
from emulators.seeds import bulk
from tests.emulator.security.people import OBJECT_IDS, Office
from triggers.access import ALLOWED_ROLES
from triggers.app import build_app

pytestmark = pytest.mark.emulator

WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "wrong audience": {"claims": {"aud": TENANT_ID}},
    "wrong tenant": {"claims": {"tid": "99999999-9999-4999-8999-999999999999"}},
    "wrong issuer": {"claims": {"iss": "https://login.example/v2.0"}},
    "expired": {"expires_in": -3_600},
    "not yet valid": {"claims": {"nbf": 4_000_000_000}},
    "other key": {"signed_by": "unknown"},
    "no signature": {"signed_by": "none"},
    "no scope": {"claims": {"scp": None}},
    "no person": {"claims": {"oid": None}},
}


def routes() -> Iterator[tuple[str, str]]:
    """Yield method and address of every function that wants a caller."""
    for function in build_app().get_functions():
        if function.is_http_function() and function.get_function_name() in ALLOWED_ROLES:
            trigger = function.get_trigger()
            path = "/".join(
                str(uuid.UUID(int=1)) if part.startswith("{") else part for part in trigger.route.split("/")
            )
            for method in trigger.methods:
                yield str(getattr(method, "value", method)), path


def call(office: Office, method: str, path: str, token: str | None, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(
        method,
        f"{office.outsider.stack.functions[0]}/api/{path}",
        headers=headers | options.pop("headers", {}),
        timeout=30,
        **options,
    )


def code_of(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
def test_no_route_of_the_running_app_opens_to_a_wrong_token(office: Office, wrong: str) -> None:
    token = office.outsider.control("entra", "POST", "tokens", WRONG_TOKENS[wrong])["access_token"]
    assert {code_of(call(office, method, path, token)) for method, path in routes()} == {(401, "token_invalid")}


def test_no_route_but_health_opens_without_a_token(office: Office) -> None:
    assert {code_of(call(office, method, path, None)) for method, path in routes()} == {(401, "token_missing")}
    assert call(office, "GET", "health", None).json().keys() == {"version"}


def test_a_body_that_is_too_long_is_refused_before_it_is_read(office: Office) -> None:
    body = b'{"items": [' + b"[" * (4 * 1024 * 1024)
    answer = call(office, "POST", "push", office.outsider.token("nina"), data=body)
    assert code_of(answer) == (413, "request_too_large")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"connector_id": 1e400}',
        b'{"connector_id": NaN}',
        b'{"connector_id": ' + b"9" * 100_000 + b"}",
        b"\xff\xfe",
        b"\x00",
        b"",
        b"null",
        b"[]",
        json.dumps({"__proto__": {}, "__class__": "x"}).encode(),
        b'{"idempotency_key": "half of a pair: \\ud83d"}',
        b'{"idempotency_key": "\xed\xa0\xbd"}',
    ],
)
def test_a_body_that_is_no_request_is_named_as_such(office: Office, body: bytes) -> None:
    answer = call(office, "POST", "push", office.outsider.token("nina"), data=body)
    assert code_of(answer) == (400, "request_invalid")


@pytest.mark.parametrize(
    "segment",
    [
        "..",
        "%2e%2e",
        "..%2f..%2fadmin",
        "%00",
        "%0d%0aX-Evil:%201",
        "'",
        "x' or 1 eq 1",
        "(",
        "%F0%9F%92%A9",
        "1" * 5_000,
    ],
)
def test_what_is_no_id_in_an_address_finds_nothing(office: Office, segment: str) -> None:
    for path in (f"jobs/{segment}", f"jobs/{segment}/items"):
        answer = call(office, "GET", path, office.outsider.token("nina"))
        assert answer.status_code in {400, 404, 414}
        assert "X-Evil" not in answer.headers


def cursor(document: str) -> str:
    return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", ["jobs", "push/accounts", "push/invoices", "pull/companies", "pull/agreements"])
@pytest.mark.parametrize(
    "made_up",
    [
        pytest.param("[" * 1_480, id="deep"),
        pytest.param("[" + "9" * 1_400 + ", []]", id="long number"),
        pytest.param("[1e308, []]", id="no time"),
        pytest.param("[NaN, []]", id="no number"),
        pytest.param('["\\ud800", "\\ud800", "\\ud800"]', id="half a character"),
        pytest.param('{"a": "b"}', id="no list"),
    ],
)
def test_a_made_up_cursor_is_named_as_such(office: Office, path: str, made_up: str) -> None:
    query = {"cursor": cursor(made_up)}
    if path != "jobs":
        query["connector_id"] = office.outsider.stack.connector_id
    answer = call(office, "GET", path, office.outsider.token("admin"), params=query)
    assert (code_of(answer), answer.json()["errors"][0]["path"]) == ((400, "request_invalid"), "cursor")


@pytest.mark.parametrize(("second", "status"), [(-62_135_596_800, 400), (0, 400), (1_000_000_000, 200), (2**36, 200)])
def test_a_made_up_time_in_a_cursor_of_jobs_is_no_error(office: Office, second: int, status: int) -> None:
    answer = call(office, "GET", "jobs", office.outsider.token("admin"), params={"cursor": cursor(f"[{second}, []]")})
    assert answer.status_code == status, answer.text


def test_headers_of_a_caller_reach_neither_vendor(office: Office) -> None:
    forged = {"CallerObjectId": OBJECT_IDS["sam"], "MSCRMCallerID": str(uuid.UUID(int=2)), "Prefer": "x"}
    body = office.outsider.push_body([bulk.line_id(0), bulk.line_id(1)])
    answer = call(office, "POST", "push/preview", office.outsider.token("nina"), json=body, headers=forged)
    assert [item["code"] for item in answer.json()["items"]] == [None, "line_not_found"]


def test_a_guessed_idempotency_key_does_not_show_another_persons_job(office: Office) -> None:
    key = "monday"
    jobs = {}
    for name in ("nina", "sam"):
        body = office.outsider.push_body(office.lines_of(name)[:1], key=key)
        jobs[name] = call(office, "POST", "push", office.outsider.token(name), json=body).json()["job_id"]
    assert jobs["nina"] != jobs["sam"]


def test_an_administrator_exports_what_was_written_and_nobody_else_does(office: Office) -> None:
    office.outsider.call("POST", "push", office.outsider.push_body(office.lines_of("nina")[:1]), user="nina")
    query = "audit?from=2000-01-01&to=2999-12-31"
    answer = office.outsider.call("GET", query, user="admin")
    whats = [entry["what"].partition(" ")[0] for entry in answer.json()["items"]]
    assert (answer.status_code, whats) == (200, ["posted", "wrote"])
    assert {entry["who"] for entry in answer.json()["items"]} == {OBJECT_IDS["nina"]}
    csv = office.outsider.call("GET", f"{query}&format=csv", user="admin")
    assert csv.text.count("\r\n") == 3
    for user in ("billing", "reader"):
        assert code_of(office.outsider.call("GET", query, user=user)) == (403, "role_missing")
