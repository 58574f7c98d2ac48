"""A toy emulator: remembers the bodies posted to /things."""

import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulators.control_plane import Clock, FaultAnswer, RequestFacts, SeedError, serve, with_control_plane
from emulators.control_plane.emulated import Receive, Scope, Send
from emulators.control_plane.tls import tls_files

BIG = b"0123456789" * 100_000


class Toy:
    name = "toy"

    def __init__(self) -> None:
        self.clock = Clock()
        self.things: list[str] = []

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"].decode()
        status, answer = 200, b"[]"
        headers = []
        if scope["method"] == "POST":
            self.things.append(body)
            status, answer = 201, b'{"id": 1}'
        elif scope["path"] == "/empty":
            status, answer = 204, b""
        elif scope["path"] == "/big":
            answer = BIG
        elif scope["path"] == "/bug":
            raise RuntimeError("a bug")
        elif scope["path"] == "/dated":
            headers = [(b"Date", b"then")]
        if status != 204:
            headers.append((b"content-length", str(len(answer)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def reset(self) -> None:
        self.things.clear()

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        rows = document.get("things", [])
        for index, row in enumerate(rows):
            if not isinstance(row, str | Decimal):
                raise SeedError(f"things[{index}]: text is expected")
            self.things.append(str(row))
        return {"things": len(rows)}

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        return {"things": self.things, "query": dict(query), "exact": Decimal("0.10000000000000000001")}

    def route_template(self, method: str, path: str) -> str:
        return "/things/{id}" if path.startswith("/things/") else path

    def operations(self, facts: RequestFacts, body: bytes) -> int:
        return body.count(b",") + 1

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:
        headers = {"content-type": "text/plain"}
        if retry_after is not None:
            headers["retry-after"] = f"{retry_after:g}"
        return FaultAnswer(status, headers, f"{kind} {facts.method} {facts.path}?{facts.query}".encode())

    def extra_control(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        if path.startswith("extra"):
            return FaultAnswer(202, {"content-type": "text/plain"}, f"{method} {path} ".encode() + body)
        return None


if __name__ == "__main__":
    from pathlib import Path

    tls = tls_files(Path(sys.argv[1])) if len(sys.argv) > 1 else None
    serve(
        with_control_plane(Toy()),
        port=0,
        ready={"part": "toy"},
        certfile=str(tls.certificate) if tls else None,
        keyfile=str(tls.key) if tls else None,
    )
