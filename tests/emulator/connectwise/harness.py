"""One emulated tenant in this process, called through its whole ASGI application without a socket."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from emulators import connectwise
from emulators.control_plane import with_control_plane

CLIENT_ID = "00000000-0000-4000-8000-000000000000"
ROOT = "/v4_6_release/apis/3.0"
FORWARD_ONLY = {"pagination-type": "forward-only"}


def basic(company: str = "contoso", public: str = "emulator-public", private: str = "emulator-private") -> str:
    """Return the Authorization header of an API member (connectwise.md 2.2)."""
    return "Basic " + base64.b64encode(f"{company}+{public}:{private}".encode()).decode()


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body with fractions as Decimal."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def faults(self) -> set[tuple[str, str]]:
        """(code, field) of each entry of `errors[]`."""
        return {(entry["code"], entry["field"]) for entry in self.json["errors"]}


class Tenant:
    """Calls an emulator as a client with good credentials, unless a header is given as None."""

    def __init__(self, **options: Any) -> None:
        self.emulator = connectwise.build(options)
        self._app = with_control_plane(self.emulator)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send one request; `body` is bytes or a JSON value, `path` starts at the site root."""
        return asyncio.run(self.acall(method, path, body, params=params, headers=headers))

    async def acall(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send one request inside a running loop."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, default=float).encode()
        given: dict[str, str | None] = {"host": "127.0.0.1:80", "authorization": basic(), "clientid": CLIENT_ID}
        if body is not None:
            given["content-type"] = "application/json"
        given.update({name.lower(): value for name, value in (headers or {}).items()})
        sent = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": urlencode(params or {}).encode(),
            "headers": sent,
        }
        reply: dict[str, Any] = {"body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                reply["status"] = message["status"]
                reply["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                reply["body"] += message.get("body", b"")

        await self._app(scope, receive, send)
        return Reply(reply["status"], reply["headers"], reply["body"])

    def get(self, path: str, *, headers: Any = None, **params: Any) -> Reply:
        """GET below the API root."""
        return self.call("GET", ROOT + path, params=params, headers=headers)

    def post(self, path: str, body: Any, **params: Any) -> Reply:
        """POST below the API root."""
        return self.call("POST", ROOT + path, body, params=params)

    def put(self, path: str, body: Any) -> Reply:
        """PUT below the API root."""
        return self.call("PUT", ROOT + path, body)

    def patch(self, path: str, *operations: tuple[str, str, Any]) -> Reply:
        """PATCH below the API root with (op, path, value) triples."""
        document = [{"op": op, "path": name, "value": value} for op, name, value in operations]
        return self.call("PATCH", ROOT + path, document)

    def delete(self, path: str, **params: Any) -> Reply:
        """DELETE below the API root."""
        return self.call("DELETE", ROOT + path, params=params)

    def control(self, method: str, path: str, body: Any = None, **params: Any) -> Reply:
        """Call the control plane."""
        return self.call(method, f"/_emulator/{path}", body, params=params)

    def switch(self, **switches: Any) -> None:
        """Turn switches."""
        assert self.control("POST", "switches", switches).status == 200

    def set_clock(self, now: str) -> None:
        """Set the virtual clock."""
        assert self.control("POST", "clock", {"now": now}).status == 200

    def ids(self, path: str, **params: Any) -> list[int]:
        """Return the ids that a list answers; asserts that it does."""
        reply = self.get(path, **{"fields": "id", "pageSize": 1000, **params})
        assert reply.status == 200, reply.body
        return [row["id"] for row in reply.json]
