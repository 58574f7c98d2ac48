"""One request from the socket to its answer: caller, limits, batch, transaction, webhooks."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from emulators.dataverse import web_resources
from emulators.dataverse.batch import Batch
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, not_emulated
from emulators.dataverse.events import TrialEndedError
from emulators.dataverse.hooks.webhooks import Webhooks
from emulators.dataverse.identity import Identity
from emulators.dataverse.limits import ServiceProtection
from emulators.dataverse.operation_count import operation_count
from emulators.dataverse.routes import Router
from emulators.dataverse.settings import Settings
from emulators.dataverse.web import ROOT, Request, Response, error_response

Steps = list[Callable[[], Response]]
_WITHOUT_LENGTH: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Pipeline:
    """Answers ASGI requests of one environment."""

    def __init__(
        self,
        environment: Environment,
        router: Router,
        identity: Identity,
        protection: ServiceProtection,
        webhooks: Webhooks,
        settings: Settings,
    ) -> None:
        self._environment = environment
        self._router = router
        self._identity = identity
        self._protection = protection
        self._webhooks = webhooks
        self._settings = settings

    async def answer(self, scope: Any, receive: Any) -> Response:
        """Return the answer to one request."""
        body = await _whole_body(receive)
        headers = _joined(scope["headers"])
        origin = f"{scope.get('scheme', 'http')}://{headers.get('host', '127.0.0.1')}"
        try:
            return await self._answer_path(scope, headers, origin, body)
        except DataverseError as error:
            return _refusal(error)

    async def _answer_path(self, scope: Any, headers: Mapping[str, str], origin: str, body: bytes) -> Response:
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = raw_path.decode("latin-1").partition("?")[0]
        method = scope["method"]
        if (name := web_resources.web_resource_name(path)) is not None:
            return web_resources.serve(self._environment, method, name)
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            raise not_emulated(f"{method} {scope['path']}")
        caller = await self._identity.caller(headers, origin)
        request = Request(
            method=method,
            base=f"{origin}{ROOT}",
            path=path[len(ROOT) :].lstrip("/"),
            raw_query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            caller=caller,
        )
        return await self._within_limits(request)

    async def _within_limits(self, request: Request) -> Response:
        user_id = request.caller.real_user_id or request.caller.user_id
        clock = self._environment.clock
        self._protection.enter(user_id, clock.now())
        started = time.perf_counter()
        try:
            await self._simulate_execution(request)
            if request.path == "$batch":
                nested = self._settings.nested_change_set_errors
                batch = Batch(request, self._router.answer, self._run_for(request), nested_errors=nested)
                response = await batch.response()
            else:
                [response] = await self._run(request, [lambda: self._router.answer(request)])
        finally:
            self._protection.leave(user_id, clock.now(), (time.perf_counter() - started) * 1000)
        response.headers += self._protection.headers(user_id)
        return response

    async def _simulate_execution(self, request: Request) -> None:
        settings = self._protection.settings
        if settings.execution_ms or settings.execution_ms_per_operation:
            operations = operation_count(request.path, request.body)
            await asyncio.sleep((settings.execution_ms + settings.execution_ms_per_operation * operations) / 1000)

    def _run_for(self, request: Request) -> Callable[[Steps], Any]:
        return lambda steps: self._run(request, steps)

    async def _run(self, request: Request, steps: Steps) -> list[Response]:
        """Run steps as one transaction; a first run is rolled back when webhooks must be asked before it counts."""
        host = request.headers.get("host", "")
        recorder = self._environment.recorder
        asked = request.method != "GET" and self._webhooks.has_synchronous_steps()
        if asked:
            recorder.start(trial=True)
            with suppress(TrialEndedError):
                self._run_once(steps)
            events, given_ids = recorder.events, recorder.given_ids
            await self._webhooks.call_synchronous(events, host)
            recorder.given_ids = given_ids  # other requests have used the recorder meanwhile
        recorder.start(repeat=asked)
        responses = self._run_once(steps)
        self._webhooks.send_later(recorder.events, host)
        return responses

    def _run_once(self, steps: Steps) -> list[Response]:
        with self._environment.store.transaction():
            responses = [step() for step in steps]
            self._environment.recorder.end_trial()
            return responses


def response_headers(response: Response, date: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer as ASGI wants them."""
    headers = [
        (b"date", date),
        (b"odata-version", b"4.0"),
        (b"x-ms-service-request-id", str(uuid.uuid4()).encode()),
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers),
    ]
    if response.status not in _WITHOUT_LENGTH:
        headers.append((b"content-length", str(len(response.body)).encode()))
    return headers


def _refusal(error: DataverseError) -> Response:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Response(error.status, [("Content-Type", "text/plain"), *error.headers], error.message.encode())
    return error_response(error)


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name; repeated ones are joined with commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


async def _whole_body(receive: Any) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body
