"""The Dataverse emulator as the control plane sees it."""

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from emulators.control_plane import Clock, FaultAnswer, Journal, RequestFacts
from emulators.dataverse import routes
from emulators.dataverse.batch import Batch
from emulators.dataverse.control import limit_control, vendor_fault
from emulators.dataverse.environment import APPLICATION_USER_ID, Environment
from emulators.dataverse.errors import DataverseError, not_emulated
from emulators.dataverse.identity import Identity
from emulators.dataverse.json_text import InvalidJsonError, loads
from emulators.dataverse.limits import LimitSettings, ServiceProtection
from emulators.dataverse.schema_files import load_schema
from emulators.dataverse.security import Directory
from emulators.dataverse.seeding import Seeder, seed_with_connector, state_document
from emulators.dataverse.setup_rows import KEPT_TABLES, put_security_rows, setup_document
from emulators.dataverse.store import Store
from emulators.dataverse.web import ROOT, Request, Response, error_response

_DEFAULT_SEED: Final = Path(__file__).parent / "default_seed.json"
_GUID_OR_KEY: Final = re.compile(r"\([^()]*\)")
_PART: Final = re.compile(rb"\r\nContent-Type: application/http", re.IGNORECASE)


class DataverseEmulator:
    """One Dataverse environment behind a bare ASGI application."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.name = "dataverse"
        self.clock = Clock()
        self._options = options
        schema = load_schema()
        data: Path | None = options.get("data")
        self._journal = None if data is None else Journal(Path(data) / "dataverse.sqlite")
        store = Store(schema, self._journal)
        self._environment = Environment(schema, store, self.clock, Directory(store))
        self._limits = ServiceProtection(LimitSettings())
        self._nested_errors = True
        self._identity = Identity(
            self._environment.directory,
            options.get("authority"),
            options.get("tenant_id"),
            options.get("public_url"),
        )
        if not self._loaded():
            self._put_setup()
            self.seed(options.get("seed") or loads(_DEFAULT_SEED.read_text("utf-8")))

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request of the vendor's API."""
        body = await _whole_body(receive)
        started = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        origin = f"{scope.get('scheme', 'http')}://{headers.get('host', '127.0.0.1')}"
        try:
            response = await self._response(scope, headers, origin, body, started)
        except DataverseError as error:
            response = _refusal(error)
        await self._send(send, response)

    def reset(self) -> None:
        """Empty the store; users, roles, currencies, units and metadata stay."""
        self._environment.store.clear(KEPT_TABLES)
        self._limits.clear()

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Load rows by entity set and return counts; raises SeedError."""
        return seed_with_connector(self._environment, document, self._options.get("connectwise_url"))

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /_emulator/state`."""
        return state_document(self._environment, query)

    def route_template(self, method: str, path: str) -> str:
        """Return the path with every key replaced by `({id})`."""
        del method
        return _GUID_OR_KEY.sub("({id})", path)

    def operations(self, facts: RequestFacts, body: bytes) -> int:
        """Return how many rows a request touches."""
        if facts.path.endswith("/$batch"):
            return len(_PART.findall(body))
        if facts.path.endswith("Multiple"):
            try:
                targets = loads(body).get("Targets")
            except (InvalidJsonError, AttributeError):
                return 1
            return len(targets) if isinstance(targets, list) else 1
        return 1

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:
        """Return Dataverse's own answer for a fault."""
        del facts
        return vendor_fault(kind, status, retry_after, self._limits.settings)

    def extra_control(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        """Answer the emulator's own control routes."""
        if path.endswith("/limits"):
            return limit_control(self._limits, method, body)
        return None

    async def _response(
        self, scope: Any, headers: Mapping[str, str], origin: str, body: bytes, started: float
    ) -> Response:
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = raw_path.decode("latin-1").partition("?")[0]
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            raise not_emulated(f"{scope['method']} {scope['path']}")
        caller = await self._identity.caller(headers, origin)
        user_id = caller.real_user_id or caller.user_id
        self._limits.enter(user_id, self.clock.now())
        try:
            request = Request(
                method=scope["method"],
                base=f"{origin}{ROOT}",
                path=path[len(ROOT) :].lstrip("/"),
                raw_query=scope["query_string"].decode("latin-1"),
                headers=headers,
                body=body,
                caller=caller,
            )
            await self._simulate_execution(request)
            response = await self._answer(request)
        finally:
            self._limits.leave(user_id, self.clock.now(), (time.perf_counter() - started) * 1000)
        response.headers += self._limits.headers(user_id)
        return response

    async def _simulate_execution(self, request: Request) -> None:
        settings = self._limits.settings
        if settings.execution_ms or settings.execution_ms_per_operation:
            facts = RequestFacts(request.method, f"/{request.path}", request.raw_query, request.headers)
            operations = self.operations(facts, request.body)
            wait_ms = settings.execution_ms + settings.execution_ms_per_operation * operations
            await asyncio.sleep(wait_ms / 1000)

    async def _answer(self, request: Request) -> Response:
        if request.path == "$batch":
            return await Batch(request, self._one, self._run, nested_errors=self._nested_errors).response()
        [response] = await self._run([lambda: self._one(request)])
        return response

    def _one(self, request: Request) -> Response:
        return routes.answer(self._environment, request)

    async def _run(self, steps: list[Callable[[], Response]]) -> list[Response]:
        with self._environment.store.transaction():
            return [step() for step in steps]

    async def _send(self, send: Any, response: Response) -> None:
        headers = [
            (b"date", self.clock.date_header()),
            (b"odata-version", b"4.0"),
            (b"x-ms-service-request-id", str(uuid.uuid4()).encode()),
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers),
        ]
        if response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    def _loaded(self) -> bool:
        if self._journal is None:
            return False
        found = False
        for collection, key, text in self._journal.load():
            self._environment.store.load(collection, key, text)
            found = True
        self._environment.store.index_loaded()
        return found

    def _put_setup(self) -> None:
        store = self._environment.store
        with store.transaction():
            put_security_rows(store)
            user = self._environment.table("systemuser")
            store.put(user, APPLICATION_USER_ID, {"systemuserid": APPLICATION_USER_ID})
            Seeder(self._environment).load(setup_document())


def _refusal(error: DataverseError) -> Response:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Response(error.status, [("Content-Type", "text/plain"), *error.headers], error.message.encode())
    return error_response(error)


async def _whole_body(receive: Any) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body
