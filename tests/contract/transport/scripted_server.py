"""A server on loopback that misbehaves as told, one action a request, and remembers what it saw."""

import contextlib
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from transport import Transport
from transport.connections import HTTPConnection


@dataclass
class Seen:
    """One request as it arrived."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """One connection, offered to an action that decides what happens to the next request."""

    server: "ScriptedServer"
    number: int
    socket: socket.socket
    rest: bytes = b""

    def read_request(self) -> Seen:
        data = self.rest
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += self._more()
        length = int(headers.get("content-length", 0))
        self.rest = body[length:]
        method, target, _ = first.split(" ")
        seen = Seen(self.number, method, target, headers, body[:length])
        self.server.seen.append(seen)
        return seen

    def _more(self) -> bytes:
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("the client has gone")
        return more

    def reset(self) -> bool:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        return False


Action = Callable[[Wire], bool]
"""Deals with one request; returns whether the connection goes on."""


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Action:
    return lambda wire: _written(wire, status, body, headers)


def answer_then_close_quietly(status: int = 200, body: bytes = b"{}") -> Action:
    """Close after a whole answer that did not announce it, as servers do with idle connections."""
    return lambda wire: _written(wire, status, body, {}) and _closed(wire)


def reset_before_reading() -> Action:
    return lambda wire: wire.reset()


def reset_after_reading() -> Action:
    return lambda wire: bool(wire.read_request()) and wire.reset()


def close_after_reading() -> Action:
    return lambda wire: bool(wire.read_request()) and _closed(wire)


def half_an_answer(status: int = 200, body: bytes = b'{"id": 77001, "quantity": 1', *, missing: int = 40) -> Action:
    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.socket.sendall(_head(status, len(body) + missing, {}) + body)
        return _closed(wire)

    return action


def half_a_head() -> Action:
    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.socket.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: appl")
        return _closed(wire)

    return action


def raw(data: bytes) -> Action:
    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.socket.sendall(data)
        return _closed(wire)

    return action


def silence() -> Action:
    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.server.over.wait(30)
        return False

    return action


def silence_within_the_answer(body: bytes = b'{"id"') -> Action:
    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.socket.sendall(_head(200, 100, {}) + body)
        wire.server.over.wait(30)
        return False

    return action


def drips() -> Action:
    """A body that never ends, one byte at a time, always within the read time-out."""

    def action(wire: Wire) -> bool:
        wire.read_request()
        wire.socket.sendall(_head(200, 1_000_000, {}))
        while not wire.server.over.wait(0.02):
            wire.socket.sendall(b" ")
        return False

    return action


def _written(wire: Wire, status: int, body: bytes, headers: dict[str, str]) -> bool:
    wire.read_request()
    wire.socket.sendall(_head(status, len(body), headers) + body)
    return headers.get("Connection") != "close"


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(length)}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "\r\n".join([f"HTTP/1.1 {status} X", *(f"{k}: {v}" for k, v in lines.items()), "", ""]).encode("latin-1")


def _closed(wire: Wire) -> bool:
    wire.socket.shutdown(socket.SHUT_RDWR)
    return False


@dataclass
class ScriptedServer:
    """Takes one action for each request, in order; `answer()` when none is left."""

    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    actions: deque[Action] = field(default_factory=deque)
    otherwise: Action = field(default_factory=answer)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def will(self, *actions: Action) -> "ScriptedServer":
        self.actions.extend(actions)
        return self

    def close(self) -> None:
        self.over.set()
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.append(accepted)
            threading.Thread(target=self._serve, args=(accepted, number), daemon=True).start()

    def _serve(self, accepted: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.closing(accepted):
            served = accepted if self.tls is None else self.tls.wrap_socket(accepted, server_side=True)
            with contextlib.closing(served):
                wire = Wire(self, number, served)
                while (self.tls is not None or served.recv(1, socket.MSG_PEEK)) and self._next()(wire):
                    pass

    def _next(self) -> Action:
        with self._lock:
            return self.actions.popleft() if self.actions else self.otherwise


@contextlib.contextmanager
def scripted(*actions: Action, **options: object) -> Iterator[ScriptedServer]:
    server = ScriptedServer(**options).will(*actions)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """An address where nobody listens: the port is taken, but not open for connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextlib.contextmanager
def unanswering_port() -> Iterator[str]:
    """An address whose queue of connections is full, so that a connection attempt gets no answer."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def pooled_connections(transport: Transport, url: str) -> list[HTTPConnection]:
    """The connections that the transport keeps open to any server of this scheme."""
    pools = transport._session.get_adapter(url).poolmanager.pools
    kept = [connection for key in pools.keys() for connection in pools[key].pool.queue]  # noqa: SIM118 - not a dict
    return [connection for connection in kept if connection is not None]
