"""Hold of an ASGI application on the socket of its request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from emulators.control_plane.emulated import Receive, Scope

_EXTENSION = "emulators.transport"


class OpenTransportProtocol(HttpToolsProtocol):
    """uvicorn's protocol that also shows the application its transport, so that a fault can cut the connection."""

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: self.transport}  # type: ignore[dict-item]  # an extension of our own

    def shutdown(self) -> None:
        """Close the connection when the server stops; an idle one at once, for TLS would wait for its client."""
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        if idle and not self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().shutdown()


async def cut(scope: Scope, receive: Receive) -> None:
    """Close the socket of a request at once; what is not yet written is lost.

    Returns after uvicorn has noticed, so that it does not answer 500 in place of the silence.
    """
    _transport(scope).abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def written(scope: Scope) -> None:
    """Wait until all bytes sent so far are with the kernel, or the client is gone."""
    transport = _transport(scope)
    # asyncio tells only the protocol, which is uvicorn's, that the buffer is empty
    while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport | None = scope.get("extensions", {}).get(_EXTENSION)
    if transport is None:
        raise RuntimeError("faults on the connection need the server of emulators.control_plane.serve")
    return transport
