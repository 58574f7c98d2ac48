"""HTTP triggers behave as functions.md 3.4 and 4.4 say."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator.functions_host.conftest import APPS, HostClient, hosted

pytestmark = pytest.mark.emulator


def raw(host: HostClient, text: str) -> bytes:
    """Send bytes that no client library would send and return the whole answer."""
    url = urlsplit(host.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1"))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_request_arrives_with_joined_duplicates_and_without_empty_query_values(host: HostClient) -> None:
    answer = raw(
        host,
        "GET /api/echo/bob?a=1&empty=&b=x%20y&a=2 HTTP/1.1\r\nHost: example.test\r\nX-Many: one\r\nX-Many: two\r\n"
        "Connection: close\r\n\r\n",
    )
    assert b"200 OK" in answer
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["method"] == "GET"
    assert body["url"] == "http://example.test/api/echo/bob?a=1&empty=&b=x%20y&a=2"
    assert body["headers"]["x-many"] == "one,two"
    assert body["params"] == {"a": "1,2", "b": "x y"}
    assert body["route_params"] == {"name": "bob"}


def test_a_body_counts_only_with_a_content_length(host: HostClient) -> None:
    assert host.call("POST", "/api/echo", data=b"\x00\xffbytes").json()["body"] == "\x00\xffbytes"
    chunked = host.call("POST", "/api/echo", data=iter([b"in ", b"chunks"]))
    assert chunked.json()["body"] == ""


def test_an_optional_parameter_may_be_absent(host: HostClient) -> None:
    assert host.call("GET", "/api/echo").json()["route_params"] == {}


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/api/items/5", 200, "item 5"),
        ("GET", "/api/items/stats", 200, "item stats"),  # the first function by name wins, not the most specific
        ("GET", "/API/NUMBERS/17/Next", 200, "number 17"),
        ("GET", "/api/numbers/-3/next/", 200, "number -3"),
        ("GET", "/api/numbers/x/next", 404, ""),
        ("POST", "/api/numbers/17/next", 404, ""),
        ("HEAD", "/api/numbers/17/next", 404, ""),
        ("GET", "/api/items/a%20b%2Fc", 200, "item a b%2Fc"),
        ("GET", "/api/items/5/6", 404, ""),
        ("GET", "/api/files/a/b/c.txt", 200, "file a/b/c.txt"),
        ("GET", "/api/files", 200, "file -"),
        ("GET", "/api/nothing", 404, ""),
        ("GET", "/items/5", 404, ""),
        ("GET", "/api/blue", 200, "blue"),
        ("GET", "/api/async", 200, "async"),
        ("GET", "/api/raises", 500, ""),
        ("GET", "/api/switched-off", 404, ""),
    ],
)
def test_routes(host: HostClient, method: str, path: str, status: int, text: str) -> None:
    response = host.call(method, path)
    assert (response.status_code, response.text) == (status, text)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("none", 500, None, b""),
        ("dict", 500, None, b""),
        ("bytes", 500, None, b""),
        ("int", 500, None, b""),
        ("text", 200, "text/plain; charset=utf-8", b"plain text"),
        ("json", 200, "application/json; charset=utf-8", b'{"a":[1,2.5]}'),
        ("described", 202, "application/json; charset=utf-8", b'{"b":1}'),
        ("described-text", 200, "text/plain; charset=utf-8", b"just text"),
        ("response", 201, "text/plain; charset=utf-8", b"made"),
        ("binary", 200, "application/octet-stream", b"\x00\xff"),
    ],
)
def test_what_a_function_returns_becomes_the_answer(
    host: HostClient, kind: str, status: int, content_type: str | None, body: bytes
) -> None:
    response = host.call("GET", f"/api/answers/{kind}")
    assert (response.status_code, response.headers.get("content-type"), response.content) == (
        status,
        content_type,
        body,
    )


def test_headers_of_the_answer_and_of_host_json_are_sent(host: HostClient) -> None:
    response = host.call("GET", "/api/answers/response")
    assert (response.headers["x-own"], response.headers["x-content-type-options"]) == ("yes", "nosniff")


def test_each_cookie_is_a_header_of_its_own(host: HostClient) -> None:
    response = host.call("GET", "/api/answers/cookies")
    assert response.raw.headers.getlist("set-cookie") == ["a=1; HttpOnly; Path=/", "b=2"]


def test_the_context_names_function_and_invocation(host: HostClient) -> None:
    facts: dict[str, Any] = host.call("GET", "/api/context").json()
    assert facts["name"] == "with_context"
    assert facts["directory"].endswith("apps/sample")
    assert len(facts["id"]) == 36


def test_a_call_over_the_function_timeout_is_500(host: HostClient) -> None:
    assert host.call("GET", "/api/slow/0.01").text == "slow"
    assert host.call("GET", "/api/slow/30").status_code == 500


def test_more_requests_than_allowed_are_429(storage: str, tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text((APPS / "sample" / "function_app.py").read_text())
    (tmp_path / "blueprint.py").write_text((APPS / "sample" / "blueprint.py").read_text())
    limits = {"maxOutstandingRequests": 2, "maxConcurrentRequests": 1}
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"http": limits}}))
    with hosted(storage, tmp_path) as host, ThreadPoolExecutor(4) as pool:
        urls = [f"{host.url}/api/slow/0.3"] * 4
        statuses = sorted(pool.map(lambda url: requests.get(url, timeout=10).status_code, urls))
    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/guarded", {}, 401),
        ("/api/guarded", {"x-functions-key": "wrong"}, 401),
        ("/api/guarded", {"x-functions-key": "function"}, 200),
        ("/api/guarded", {"x-functions-key": "master"}, 200),
        ("/api/guarded?code=function", {}, 200),
        ("/api/guarded?code=function", {"x-functions-key": "wrong"}, 401),  # the header wins
        ("/api/master", {"x-functions-key": "function"}, 401),
        ("/api/master", {"x-functions-key": "master"}, 200),
        ("/admin/functions", {}, 401),
        ("/admin/functions?code=function", {}, 401),
        ("/admin/functions?code=master", {}, 200),
    ],
)
def test_levels_are_enforced_when_keys_are_configured(
    host: HostClient, path: str, headers: dict[str, str], status: int
) -> None:
    assert host.call("GET", path, headers=headers).status_code == status


def test_the_admin_api_lists_functions_and_tells_the_status(host: HostClient) -> None:
    key = {"x-functions-key": "master"}
    functions = {function["name"]: function for function in host.call("GET", "/admin/functions", headers=key).json()}
    assert "switched_off" not in functions
    trigger = functions["work"]["config"]["bindings"][0]
    assert (trigger["type"], trigger["queueName"]) == ("queueTrigger", "%PREFIX%-work")
    assert host.call("GET", "/admin/functions/WORK", headers=key).json()["name"] == "work"
    assert host.call("GET", "/admin/functions/none", headers=key).status_code == 404
    assert host.call("GET", "/admin/host/status", headers=key).json()["state"] == "Running"
    assert host.call("POST", "/admin/host/ping", headers=key).status_code == 200
