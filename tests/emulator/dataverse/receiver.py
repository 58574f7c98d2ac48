"""A webhook receiver on a socket of its own."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One call."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    def parameter(self, name: str) -> Any:
        """Return an input parameter."""
        return next(pair["value"] for pair in self.body["InputParameters"] if pair["key"] == name)

    @property
    def target(self) -> dict[str, Any]:
        """The attributes of Target."""
        return {pair["key"]: pair["value"] for pair in self.parameter("Target")["Attributes"]}


@dataclass
class Receiver:
    """Keeps what arrives and answers with the statuses in turn, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    delay_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    on_call: Callable[[], None] = lambda: None
    calls: list[Received] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                receiver.calls.append(Received(self.path, names, json.loads(raw)))
                receiver.called.set()
                receiver.on_call()
                time.sleep(receiver.delay_seconds)
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
