"""The host as an ASGI application."""

import asyncio
import logging
from contextlib import nullcontext

from azure.functions import AuthLevel

from emulators.control_plane.emulated import Receive, Scope, Send
from emulators.control_plane.exchange import whole_body
from emulators.functions_host.admin import ADMIN, EMULATOR, AdminRoutes
from emulators.functions_host.host import Host, RunningHost
from emulators.functions_host.http_messages import HttpAnswer, answer_of, request_datum
from emulators.functions_host.http_routes import Route, decoded_path

logger = logging.getLogger("host")
_NOT_FOUND = HttpAnswer(404, [], b"")
_UNAUTHORIZED = HttpAnswer(401, [], b"")
_TOO_MANY = HttpAnswer(429, [], b"")
_FAILED = HttpAnswer(500, [], b"")


class HostApplication:
    """Answers requests and runs the listeners between lifespan start-up and shutdown."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._running: RunningHost | None = None
        self._admin: AdminRoutes | None = None
        http = host.host_json.http
        self._outstanding = 0
        self._concurrent = (
            asyncio.Semaphore(http.max_concurrent_requests) if http.max_concurrent_requests > 0 else nullcontext()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        body = await whole_body(receive)
        if body is not None:
            await self._send(send, await self._answer(scope, body))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._running = RunningHost(self._host)
        self._admin = AdminRoutes(self._running)
        self._running.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._running.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, body: bytes) -> HttpAnswer:
        method, path = scope["method"], decoded_path(scope["raw_path"])
        if self._admin is None:
            raise RuntimeError("the host was served without its lifespan")
        if path.startswith(EMULATOR):
            return await self._admin.emulator(method, path, body)
        if path.lower().startswith(ADMIN):
            if not self._allowed(AuthLevel.ADMIN, scope):
                return _UNAUTHORIZED
            return await self._admin.admin(method, path, body)
        for route in self._host.routes:
            parameters = route.match(method, path)
            if parameters is not None:
                return await self._limited(route, parameters, scope, body)
        return _NOT_FOUND

    async def _limited(self, route: Route, parameters: dict[str, str], scope: Scope, body: bytes) -> HttpAnswer:
        most = self._host.host_json.http.max_outstanding_requests
        if 0 <= most <= self._outstanding:
            return _TOO_MANY
        self._outstanding += 1
        try:
            async with self._concurrent:
                return await self._call(route, parameters, scope, body)
        finally:
            self._outstanding -= 1

    async def _call(self, route: Route, parameters: dict[str, str], scope: Scope, body: bytes) -> HttpAnswer:
        if self._running is None or not self._allowed(route.function.trigger.auth_level, scope):
            return _UNAUTHORIZED
        trigger = request_datum(scope, body, parameters)
        outcome = await self._running.invoker.invoke(route.function, trigger, {})
        if outcome.error is not None:
            return _FAILED
        try:
            return answer_of(outcome.returned)
        except (TypeError, ValueError):
            logger.exception("the answer of %s cannot be sent", route.function.name)
            return _FAILED

    def _allowed(self, level: AuthLevel, scope: Scope) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return self._host.options.keys.allow(level, headers, scope["query_string"].decode("latin-1"))

    async def _send(self, send: Send, answer: HttpAnswer) -> None:
        headers = [*answer.headers, *self._host.host_json.http.custom_headers.items()]
        raw = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
            if name.lower() not in ("content-length", "transfer-encoding", "connection")
        ]
        raw.append((b"content-length", str(len(answer.body)).encode("ascii")))
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})
