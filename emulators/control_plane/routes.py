"""The routes under `/_emulator/` that all emulators have."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from emulators.control_plane import wire
from emulators.control_plane.emulated import Emulated, FaultAnswer, SeedError
from emulators.control_plane.exchange import Exchange, send_answer
from emulators.control_plane.faults import Faults
from emulators.control_plane.latency import Latency
from emulators.control_plane.members import number, refuse_unknown
from emulators.control_plane.request_log import KEPT, RequestLog
from emulators.control_plane.wire import BadInput

PREFIX = "/_emulator"
Query = Mapping[str, str]
Route = Callable[[Query, bytes], tuple[int, Any]]


class ControlRoutes:
    """Answers control requests in JSON; bad input is 400 with an `error` that names the member."""

    def __init__(self, emulated: Emulated, faults: Faults, latency: Latency, log: RequestLog) -> None:
        self._emulated = emulated
        self._faults = faults
        self._latency = latency
        self._log = log
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", ""): self._overview,
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
            ("GET", "state"): self._state,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._clear_requests,
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "latency"): self._show_latency,
            ("POST", "latency"): self._set_latency,
            ("DELETE", "latency"): self._clear_latency,
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._set_clock,
        }

    async def answer(self, exchange: Exchange) -> None:
        """Answer one control request."""
        scope = exchange.scope
        method, name = scope["method"], scope["path"][len(PREFIX) :].strip("/")
        query = scope["query_string"].decode("latin-1")
        route = self._routes.get((method, name))
        if route is None:
            await self._answer_extra(exchange, method, name, query)
            return
        try:
            status, document = route(dict(parse_qsl(query, keep_blank_values=True)), exchange.body)
        except (BadInput, SeedError) as error:
            status, document = 400, {"error": str(error)}
        await _send_json(exchange, status, document)

    async def _answer_extra(self, exchange: Exchange, method: str, name: str, query: str) -> None:
        extra_control: Callable[[str, str, bytes], FaultAnswer | None] | None
        extra_control = getattr(self._emulated, "extra_control", None)
        answer = extra_control(method, f"{name}?{query}" if query else name, exchange.body) if extra_control else None
        if answer is None:
            await _send_json(exchange, 404, {"error": f"no control route {method} {PREFIX}/{name}"})
        else:
            await send_answer(exchange.answer, answer.status, answer.headers, answer.body)

    def _overview(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        routes = sorted({f"{method} {PREFIX}/{name}" for method, name in self._routes})
        return 200, {"name": self._emulated.name, "now": self._emulated.clock.now(), "routes": routes}

    def _reset(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        self._emulated.reset()
        return 200, {"reset": self._emulated.name}

    def _seed(self, _query: Query, body: bytes) -> tuple[int, Any]:
        return 200, {"counts": self._emulated.seed(wire.parse_object(body))}

    def _state(self, query: Query, _body: bytes) -> tuple[int, Any]:
        try:
            return 200, self._emulated.state(query)
        except ValueError as error:  # a number or a name in the query that means nothing
            raise BadInput(str(error)) from error

    def _requests(self, query: Query, _body: bytes) -> tuple[int, Any]:
        refuse_unknown(query, ("limit",))
        limit = query.get("limit", str(KEPT))
        if not limit.isdecimal():
            raise BadInput("limit: a whole number is expected")
        return 200, self._log.document(int(limit))

    def _clear_requests(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        self._log.clear()
        return 200, {"total": 0}

    def _list_faults(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        return 200, {"faults": self._faults.documents()}

    def _add_fault(self, _query: Query, body: bytes) -> tuple[int, Any]:
        return 201, {"id": self._faults.add(wire.parse_object(body)).id}

    def _clear_faults(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        return 200, {"cleared": self._faults.clear()}

    def _show_latency(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        return 200, {"latency": self._latency.documents()}

    def _set_latency(self, query: Query, body: bytes) -> tuple[int, Any]:
        self._latency.set(wire.parse_object(body))
        return self._show_latency(query, body)

    def _clear_latency(self, query: Query, body: bytes) -> tuple[int, Any]:
        self._latency.clear()
        return self._show_latency(query, body)

    def _show_clock(self, _query: Query, _body: bytes) -> tuple[int, Any]:
        return 200, {"now": self._emulated.clock.now()}

    def _set_clock(self, query: Query, body: bytes) -> tuple[int, Any]:
        document = wire.parse_object(body)
        refuse_unknown(document, ("now", "advance_seconds"))
        if len(document) > 1:
            raise BadInput("now: cannot be combined with advance_seconds")
        clock = self._emulated.clock
        seconds = number(document, "advance_seconds")
        if seconds is not None:
            clock.advance(seconds)
        elif "now" in document:
            clock.set(_time(document["now"]))
        else:
            clock.real()
        return self._show_clock(query, body)


def _time(text: Any) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadInput("now: a time such as 2026-11-24T09:00:00Z is expected") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


async def _send_json(exchange: Exchange, status: int, document: Any) -> None:
    await send_answer(exchange.answer, status, {"content-type": "application/json"}, wire.dump(document))
