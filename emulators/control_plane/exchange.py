"""One vendor request, held whole so that a fault may run it now, later or never."""

from dataclasses import dataclass, field

from emulators.control_plane.clock import Clock
from emulators.control_plane.emulated import Emulated, Message, Receive, RequestFacts, Scope, Send


class Answer:
    """The answer on its way to the client: counts it and adds the Date of the virtual clock."""

    __slots__ = ("_clock", "_send", "length", "status")

    def __init__(self, send: Send, clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self.status: int | None = None
        self.length = 0

    async def __call__(self, message: Message) -> None:
        """Pass one ASGI message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if not any(name.lower() == b"date" for name, _ in headers):
                headers.append((b"date", self._clock.date_header()))
            message = {**message, "headers": headers}
        else:
            self.length += len(message.get("body", b""))
        await self._send(message)


@dataclass(slots=True)
class Recording:
    """An answer that the application gave and the client has not seen."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def __call__(self, message: Message) -> None:
        """Keep one ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
        else:
            self.body += message.get("body", b"")


@dataclass(slots=True)
class Exchange:
    """A request with its whole body, the way to its client and the application that can answer it."""

    emulated: Emulated
    scope: Scope
    receive: Receive
    body: bytes
    answer: Answer

    async def run(self, send: Send) -> None:
        """Let the application answer to `send`."""
        await self.emulated.app(self.scope, _Replay(self.body, self.receive), send)

    def facts(self) -> RequestFacts:
        """Return the request without its body."""
        scope = self.scope
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return RequestFacts(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)


class _Replay:
    """`receive` of ASGI that gives a body already read in one message, then listens to the client."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def whole_body(receive: Receive) -> bytes | None:
    """Read the body of a request; None when the client left before its end."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return bytes(message.get("body", b""))
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()
    return None


async def send_answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    """Send a complete answer with its Content-Length."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode("ascii")))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
