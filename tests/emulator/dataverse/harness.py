"""One emulated environment in this process, called through its whole ASGI application without a socket."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from emulators.control_plane import Clock, with_control_plane
from emulators.dataverse.emulator import DataverseEmulator

CRM = "Microsoft.Dynamics.CRM."
BASE = "http://127.0.0.1:80/api/data/v9.2"
CONNECTOR = "88888888-8888-4888-8888-000000000001"
ACCOUNT = "a0000000-0000-4000-8000-000000000001"
OTHER_ACCOUNT = "a0000000-0000-4000-8000-000000000002"
CONTACT = "c0000000-0000-4000-8000-000000000001"
PRODUCT = "b0000000-0000-4000-8000-000000000001"
CONTRACT = "d0000000-0000-4000-8000-000000000001"
INVOICE = "e0000000-0000-4000-8000-000000000001"
LINE = "f0000000-0000-4000-8000-000000000001"
ADMIN, BILLING, READER, APPLICATION = (f"44444444-4444-4444-8444-00000000000{n}" for n in (1, 2, 3, 9))
BILLING_OBJECT = "33333333-3333-4333-8333-000000000002"
USD, JPY, KWD = (f"77777777-7777-4777-8777-00000000000{n}" for n in (1, 4, 5))
MISSING = "00000000-0000-4000-8000-0000000000ff"
REPRESENTATION = {"Prefer": "return=representation"}
ANNOTATIONS = {"Prefer": 'odata.include-annotations="*"'}


def mapping_key(source: str, kind: int = 451000003) -> str:
    """Return the path of a mapping by its alternate key."""
    return f"psasync_mappings(_psasync_connectorid_value={CONNECTOR},psasync_kind={kind},psasync_sourceid='{source}')"


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, fractions as Decimal."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The `value` of a collection."""
        found: list[dict[str, Any]] = self.json["value"]
        return found

    @property
    def code(self) -> str:
        """The service error code."""
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        """The error text."""
        return str(self.json["error"]["message"])

    @property
    def entity_id(self) -> str:
        """The GUID in OData-EntityId."""
        return self.headers["odata-entityid"].rpartition("(")[2].rstrip(")")


class Organization:
    """Calls an emulator as the application user unless `token` or headers say otherwise."""

    def __init__(self, **options: Any) -> None:
        self.emulator = DataverseEmulator(options)
        self._app = with_control_plane(self.emulator)

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self.emulator.clock

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request; a path without a leading slash is below the service root."""
        return asyncio.run(self.acall(method, path, body, headers))

    async def acall(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request inside a running loop; a header whose value has several lines is repeated."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, default=float).encode()
        given = {"host": "127.0.0.1:80", "authorization": "Bearer emulator"}
        given |= {name.lower(): value for name, value in (headers or {}).items()}
        url = path if path.startswith("/") else f"/api/data/v9.2/{path}"
        location, _, query = url.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": location,
            "raw_path": quote(location, safe="/%()',=$@:*").encode(),
            "query_string": quote(query, safe="&=%$@+,()'/:;*\"").encode(),
            "headers": [
                (name.encode(), line.encode()) for name, value in given.items() for line in value.split("\n") if line
            ],
        }
        reply: dict[str, Any] = {"body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                reply["status"] = message["status"]
                reply["headers"] = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                reply["body"] += message.get("body", b"")

        await self._app(scope, receive, send)
        return Reply(reply["status"], reply["headers"], reply["body"])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET."""
        return self.call("GET", path, None, headers)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """POST."""
        return self.call("POST", path, body, headers)

    def patch(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """PATCH."""
        return self.call("PATCH", path, body, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """DELETE."""
        return self.call("DELETE", path, None, headers)

    def create(self, entity_set: str, **columns: Any) -> str:
        """Create a row and return its id."""
        reply = self.post(entity_set, columns)
        assert reply.status == 204, reply.body
        return reply.entity_id

    def names(self, path: str) -> list[str]:
        """Return the names of the accounts that a query finds."""
        reply = self.get(path)
        assert reply.status == 200, reply.body
        return [row["name"] for row in reply.rows]

    def control(self, name: str, body: Any) -> Reply:
        """POST below `/_emulator/`."""
        return self.post(f"/_emulator/{name}", body)

    def as_user(self, user_id: str) -> dict[str, str]:
        """Return the header that impersonates a user."""
        return {"MSCRMCallerID": user_id}


def part(
    method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None, content_id: Any = None
) -> str:
    """Return one part of a batch with CRLF line ends."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        lines.append(f"Content-ID: {content_id}")
    address = url if url.startswith(("$", "/", "http")) else f"/api/data/v9.2/{url}"
    lines += ["", f"{method} {address} HTTP/1.1"]
    if body is not None:
        lines.append("Content-Type: application/json; type=entry")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", "" if body is None else json.dumps(body, default=float)]) + "\r\n"


def change_set(*parts: str, boundary: str = "changeset_1") -> str:
    """Return a change set as one part of a batch."""
    inner = "".join(f"--{boundary}\r\n{text}" for text in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def batch(*parts: str, boundary: str = "batch_1") -> bytes:
    """Return the body of a batch."""
    return ("".join(f"--{boundary}\r\n{text}" for text in parts) + f"--{boundary}--\r\n").encode()


BATCH_HEADERS = {"Content-Type": 'multipart/mixed; boundary="batch_1"'}
CONTINUE = {**BATCH_HEADERS, "Prefer": "odata.continue-on-error"}


def statuses(reply: Reply) -> list[int]:
    """Return the statuses of all parts of a batch answer, those of change sets among them."""
    return [int(line.split(b" ")[1]) for line in reply.body.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def pages(
    organization: Organization, path: str, size: int, headers: Mapping[str, str] | None = None
) -> Iterable[Reply]:
    """Follow nextLink to the end."""
    wanted = {"Prefer": f"odata.maxpagesize={size}", **(headers or {})}
    url: str | None = path
    while url is not None:
        reply = organization.get(url, wanted)
        assert reply.status == 200, reply.body
        yield reply
        link = reply.json.get("@odata.nextLink")
        url = None if link is None else link.removeprefix(f"{BASE}/")


def row(org: Organization, path: str) -> dict[str, Any]:
    """Return one row."""
    reply = org.get(path)
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.json
    return found
