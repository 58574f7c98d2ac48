"""HTTP as a Python function sees it, and what becomes of its answer (functions.md 3.4, 4.4, 5.4, 5.5)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from azure.functions.meta import Datum

from emulators.control_plane.emulated import Scope

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer; headers keep their order and may repeat."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def request_datum(scope: Scope, body: bytes, route_parameters: Mapping[str, str]) -> Datum:
    """Return the input of an HTTP trigger.

    Repeated headers and query keys are joined with commas, empty query values vanish, and a body counts only with a
    Content-Length.
    """
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = _joined(pairs)
    query_string = scope["query_string"].decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', '')}{scope['raw_path'].decode('ascii', 'replace')}"
    has_length = headers.get("content-length", "0") != "0"
    return Datum(
        {
            "method": Datum(scope["method"], "string"),
            "url": Datum(f"{url}?{query_string}" if query_string else url, "string"),
            "headers": _texts(headers),
            "query": _texts(_joined(parse_qsl(query_string))),
            "params": _texts(route_parameters),
            "body": Datum(body if has_length else b"", "bytes"),
        },
        "http",
    )


def answer_of(returned: Datum | None) -> HttpAnswer:
    """Return what the client gets for the value of an HTTP function."""
    if returned is None or returned.value is None:
        return HttpAnswer(204, [], b"")
    if returned.type == "http":
        return _described(returned.value)
    return _sniffed(str(returned.value))


def _described(value: Mapping[str, Any]) -> HttpAnswer:
    headers = [(name, header.value) for name, header in value["headers"].items()]
    headers += [("set-cookie", text) for text in _cookies(value.get("cookies") or [])]
    return HttpAnswer(int(value["status_code"].value), headers, bytes(value["body"].value))


def _cookies(cookies: Iterable[SimpleCookie]) -> Iterable[str]:
    return (morsel.OutputString() for cookie in cookies for morsel in cookie.values())


def _sniffed(text: str) -> HttpAnswer:
    """Answer for a returned text: JSON is written anew, and an object with a `body` describes the answer."""
    try:
        value = json.loads(text)
    except ValueError:
        return HttpAnswer(200, [("content-type", _TEXT)], text.encode("utf-8"))
    if not isinstance(value, dict) or "body" not in value:
        return HttpAnswer(200, [("content-type", _JSON)], _compact(value))
    status = int(value.get("statusCode") or value.get("status") or 200)
    headers = [(str(name).lower(), str(header)) for name, header in (value.get("headers") or {}).items()]
    body = value["body"]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", _TEXT if isinstance(body, str) else _JSON))
    return HttpAnswer(status, headers, body.encode("utf-8") if isinstance(body, str) else _compact(body))


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _texts(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}
