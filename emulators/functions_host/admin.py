"""Admin API of the host and the routes of the emulator (functions.md 4.4, 5.16)."""

import json
from collections.abc import Mapping
from typing import Any

from azure.functions.meta import Datum

from emulators.functions_host.host import RunningHost
from emulators.functions_host.http_messages import HttpAnswer
from emulators.functions_host.loading import LoadedFunction

ADMIN = "/admin/"
EMULATOR = "/_emulator/"
_NO_TIME = "0001-01-01T00:00:00+00:00"


class AdminRoutes:
    """Answers `/admin/*` (master key needed) and `/_emulator/*` (no key: a development host only)."""

    def __init__(self, running: RunningHost) -> None:
        self._running = running
        self._functions = {function.name.lower(): function for function in running.host.functions}

    async def admin(self, method: str, path: str, body: bytes) -> HttpAnswer:
        """Answer one request under `/admin/`."""
        parts = path.removeprefix(ADMIN).strip("/").lower().split("/")
        match method, parts:
            case ("GET" | "POST", ["host", "ping"]):
                return HttpAnswer(200, [], b"")
            case "GET", ["host", "status"]:
                return _json(200, self._status())
            case "GET", ["functions"]:
                return _json(200, [_described(function) for function in self._functions.values()])
            case "GET", ["functions", name] if name in self._functions:
                return _json(200, _described(self._functions[name]))
            case "POST", ["functions", name] if name in self._functions:
                return self._start(self._functions[name], body)
        return HttpAnswer(404, [], b"")

    async def emulator(self, method: str, path: str, body: bytes) -> HttpAnswer:
        """Answer one request under `/_emulator/`."""
        parts = path.removeprefix(EMULATOR).strip("/").split("/")
        match method, parts:
            case "GET", ["state"]:
                return _json(200, self._state())
            case "POST", ["timers", name] if name in self._running.timers:
                return await self._run_timer(name, body)
            case "POST", ["timers", name]:
                known = ", ".join(sorted(self._running.timers)) or "none"
                return _json(404, {"error": f"there is no timer function {name}; known: {known}"})
        return _json(404, {"error": f"no control route {method} {path}"})

    def _start(self, function: LoadedFunction, body: bytes) -> HttpAnswer:
        document = _object(body)
        if document is None or not isinstance(document.get("input", ""), str):
            return _json(400, {"error": 'body: {"input": "<text>"} is expected'})
        if function.trigger_type == "httpTrigger":
            return _json(400, {"error": f"{function.name} is an HTTP function: call its route"})
        if function.trigger_type == "timerTrigger":
            self._running.run_in_background(self._running.timers[function.name].run_now())
        else:
            text = Datum(document.get("input", ""), "string")
            self._running.run_in_background(self._running.invoker.invoke(function, text, _manual_metadata()))
        return HttpAnswer(202, [], b"")

    async def _run_timer(self, name: str, body: bytes) -> HttpAnswer:
        document = _object(body)
        if document is None or not isinstance(document.get("past_due", False), bool):
            return _json(400, {"error": 'body: {"past_due": true or false} or nothing is expected'})
        outcome = await self._running.timers[name].run_now(past_due=document.get("past_due", False))
        error = outcome.error
        answer = {
            "function": name,
            "invocation_id": outcome.invocation_id,
            "succeeded": error is None,
            "ms": round(outcome.milliseconds, 3),
            "error": f"{type(error).__name__}: {error}" if error else None,
        }
        return _json(500 if error else 200, answer)

    def _status(self) -> dict[str, Any]:
        listeners = [*(queue.state() for queue in self._running.queues)]
        return {
            "id": self._running.host.host_id,
            "state": "Running" if all(listener["polling"] for listener in listeners) else "Error",
            "version": "4.0.0.0",
            "versionDetails": "development emulator, not the Azure Functions host",
        }

    def _state(self) -> dict[str, Any]:
        return {
            "queues": [queue.state() for queue in self._running.queues],
            "timers": [timer.state() for timer in self._running.timers.values()],
            "invocations": {
                name: {"running": tally.running, **tally.outcomes}
                for name, tally in sorted(self._running.invoker.tallies.items())
            },
        }


def _described(function: LoadedFunction) -> dict[str, Any]:
    return {"name": function.name, "language": "python", "isDisabled": False, "config": {"bindings": function.bindings}}


def _manual_metadata() -> Mapping[str, Datum]:
    texts = {"Id": "manual", "PopReceipt": "manual", "InsertionTime": _NO_TIME, "ExpirationTime": _NO_TIME}
    texts["NextVisibleTime"] = _NO_TIME
    return {**{name: Datum(text, "string") for name, text in texts.items()}, "DequeueCount": Datum(1, "int")}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body) if body.strip() else {}
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _json(status: int, document: Any) -> HttpAnswer:
    return HttpAnswer(status, [("content-type", "application/json")], json.dumps(document, default=str).encode())
