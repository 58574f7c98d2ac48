"""The web server of every part: one process, loopback only."""

import json
import os
import signal
import socket
import sys
from typing import Any, Literal

import uvicorn

from emulators.control_plane.connection import OpenTransportProtocol
from emulators.control_plane.emulated import ASGIApp
from emulators.control_plane.leash import end_with_starter

HOST = "127.0.0.1"
KEEP_ALIVE_SECONDS = 60
_DRAIN_SECONDS = 2


def serve(
    app: ASGIApp,
    *,
    port: int,
    ready: dict[str, Any],
    certfile: str | None = None,
    keyfile: str | None = None,
    lifespan: Literal["on", "off"] = "off",
    drain_seconds: int = _DRAIN_SECONDS,
    listener: socket.socket | None = None,
) -> None:
    """Serve `app` on 127.0.0.1 until SIGINT or SIGTERM (`port` 0: any free one).

    When it listens, `ready` goes to stdout as one JSON line with `url` filled in. Running requests have
    `drain_seconds` to end. A port that is taken ends the program with a sentence on stderr. A caller that must know
    its address beforehand passes the `listener` of `listen`.
    """
    listener = listener or listen(port)
    config = uvicorn.Config(
        app,
        http=OpenTransportProtocol,
        loop="uvloop",
        ws="none",
        lifespan=lifespan,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,
        ssl_certfile=certfile,
        ssl_keyfile=keyfile,
    )
    url = address(listener, tls=certfile is not None)
    # uvicorn raises a caught signal again once it has shut down; by then it must not kill the process
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    end_with_starter()
    _AnnouncedServer(config, {**ready, "url": url}).run(sockets=[listener])


class _AnnouncedServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: dict[str, Any]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(json.dumps(self._ready), flush=True)
        # whoever waited for the line stops reading: what the application prints from now on belongs in the log
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def listen(port: int) -> socket.socket:
    """Return a socket bound to 127.0.0.1; a port that is taken ends the program with a sentence on stderr."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        sys.exit(f"cannot listen on {HOST}:{port}: {error.strerror}")
    return listener


def address(listener: socket.socket, *, tls: bool) -> str:
    """Return the base address of a server on `listener`, without a slash at the end."""
    return f"{'https' if tls else 'http'}://{HOST}:{listener.getsockname()[1]}"
