"""The control plane around an emulator: every vendor request passes through here."""

import asyncio
from time import perf_counter

from emulators.control_plane.connection import cut
from emulators.control_plane.emulated import ASGIApp, Emulated, Receive, Scope, Send
from emulators.control_plane.exchange import Answer, Exchange, whole_body
from emulators.control_plane.fault_effects import commit_late, strike
from emulators.control_plane.faults import Fault, Faults
from emulators.control_plane.latency import Latency
from emulators.control_plane.request_log import Entry, RequestLog
from emulators.control_plane.routes import PREFIX, ControlRoutes

_WITHOUT_LATENCY = ("drop_before", "commit_late")  # the client loses the connection at once


def with_control_plane(emulated: Emulated) -> ASGIApp:
    """Return the emulator as an ASGI application with `/_emulator/*`, request log, faults and latency."""
    return _ControlPlane(emulated)


class _ControlPlane:
    def __init__(self, emulated: Emulated) -> None:
        self._emulated = emulated
        self._faults = Faults()
        self._latency = Latency()
        self._log = RequestLog(emulated.route_template)
        self._routes = ControlRoutes(emulated, self._faults, self._latency, self._log)
        self._late_commits: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"an emulator speaks HTTP only, not {scope['type']}")
        started = perf_counter()
        body = await whole_body(receive)
        if body is None:
            return
        exchange = Exchange(self._emulated, scope, receive, body, Answer(send, self._emulated.clock))
        if scope["path"].startswith(PREFIX):
            await self._routes.answer(exchange)
            return
        self._log.in_progress += 1
        try:
            await self._vendor_request(exchange, started)
        finally:
            self._log.in_progress -= 1

    async def _vendor_request(self, exchange: Exchange, started: float) -> None:
        scope = exchange.scope
        method, path = scope["method"], scope["path"]
        fault = self._faults.draw(method, path) if self._faults else None
        outcome = "error"
        try:
            if self._latency and (fault is None or fault.kind not in _WITHOUT_LATENCY):
                await self._wait(exchange)
            if fault is None:
                await exchange.run(exchange.answer)
            elif fault.kind == "commit_late":
                await self._cut_and_commit_late(fault, exchange)
            else:
                await strike(fault, exchange)
            outcome = fault.kind if fault else "answered"
        finally:
            query = scope["query_string"].decode("latin-1")
            milliseconds = round((perf_counter() - started) * 1000, 3)
            answer = exchange.answer
            self._log.add(Entry(method, path, query, answer.status, answer.length, milliseconds, outcome))

    async def _wait(self, exchange: Exchange) -> None:
        rule = self._latency.rule(exchange.scope["method"], exchange.scope["path"])
        if rule is None:
            return
        operations = self._emulated.operations(exchange.facts(), exchange.body) if rule.per_operation_ms else 0
        await asyncio.sleep(rule.seconds(operations))

    async def _cut_and_commit_late(self, fault: Fault, exchange: Exchange) -> None:
        task = asyncio.create_task(commit_late(fault, exchange))
        self._late_commits.add(task)
        self._log.in_progress += 1
        task.add_done_callback(self._late_commit_done)
        await cut(exchange.scope, exchange.receive)

    def _late_commit_done(self, task: asyncio.Task[None]) -> None:
        self._late_commits.discard(task)
        self._log.in_progress -= 1
