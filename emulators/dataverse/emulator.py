"""The Dataverse emulator as the control plane sees it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emulators.control_plane import Clock, FaultAnswer, Journal, RequestFacts
from emulators.dataverse.control import own_control, vendor_fault
from emulators.dataverse.definitions.editor import SchemaEditor
from emulators.dataverse.definitions.stored import COLLECTION, DefinitionJournal, restore
from emulators.dataverse.environment import APPLICATION_USER_ID, Environment
from emulators.dataverse.hooks.webhooks import Webhooks
from emulators.dataverse.identity import Identity
from emulators.dataverse.json_text import loads
from emulators.dataverse.limits import LimitSettings, ServiceProtection
from emulators.dataverse.operation_count import operation_count
from emulators.dataverse.pipeline import Pipeline, response_headers
from emulators.dataverse.routes import Router
from emulators.dataverse.schema_files import load_schema
from emulators.dataverse.security import Directory
from emulators.dataverse.seeding import Seeder, seed_with_connector, state_document
from emulators.dataverse.settings import Settings
from emulators.dataverse.setup_rows import KEPT_TABLES, put_security_rows, setup_document
from emulators.dataverse.store import Store

_DEFAULT_SEED: Final = Path(__file__).parent / "default_seed.json"
_KEY: Final = re.compile(r"\((?:[^()']|'(?:[^']|'')*')*\)")


class DataverseEmulator:
    """One Dataverse environment behind a bare ASGI application."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.name = "dataverse"
        self.clock = Clock()
        self.settings = Settings()
        self._connectwise_url: str | None = options.get("connectwise_url")
        data: Path | None = options.get("data")
        journal = None if data is None else Journal(Path(data) / "dataverse.sqlite")
        kept_rows, kept_definitions = _kept(journal)
        schema = load_schema()
        restore(schema, kept_definitions)
        store = Store(schema, journal)
        self.environment = Environment(schema, store, self.clock, Directory(store))
        for collection, key, text in kept_rows:
            store.load(collection, key, text)
        store.index_loaded()
        if not kept_rows:
            self._put_setup()
            self.seed(options.get("seed") or loads(_DEFAULT_SEED.read_text("utf-8")))
        self._protection = ServiceProtection(LimitSettings())
        editor = SchemaEditor(self.environment, DefinitionJournal(journal), self.settings)
        directory = self.environment.directory
        authority, tenant = options.get("authority"), options.get("tenant_id")
        self.webhooks = Webhooks(self.environment, self.settings)
        self._pipeline = Pipeline(
            self.environment,
            Router(self.environment, editor),
            Identity(directory, authority, tenant, options.get("public_url")),
            self._protection,
            self.webhooks,
            self.settings,
        )

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request of the vendor's API."""
        response = await self._pipeline.answer(scope, receive)
        headers = response_headers(response, self.clock.date_header())
        await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    def reset(self) -> None:
        """Empty the store; users, roles, currencies, units and metadata stay."""
        self.environment.store.clear(KEPT_TABLES)
        self._protection.clear()

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Load rows by entity set and return counts; raises SeedError."""
        return seed_with_connector(self.environment, document, self._connectwise_url)

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /_emulator/state`."""
        return state_document(self.environment, query)

    def route_template(self, method: str, path: str) -> str:
        """Return the path with every key replaced by `({id})`."""
        del method
        return _KEY.sub("({id})", path)

    def operations(self, facts: RequestFacts, body: bytes) -> int:
        """Return how many rows a request touches."""
        return operation_count(facts.path, body)

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:
        """Return Dataverse's own answer for a fault."""
        del facts
        return vendor_fault(kind, status, retry_after, self._protection.settings)

    def extra_control(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        """Answer the emulator's own control routes, `limits` and `settings`."""
        return own_control(self._protection, self.settings, method, path.partition("?")[0].strip("/"), body)

    def _put_setup(self) -> None:
        store = self.environment.store
        with store.transaction():
            put_security_rows(store)
            user = self.environment.table("systemuser")
            store.put(user, APPLICATION_USER_ID, {"systemuserid": APPLICATION_USER_ID})
            Seeder(self.environment).load(setup_document())


def _kept(journal: Journal | None) -> tuple[list[tuple[str, str, str]], dict[str, str]]:
    rows: list[tuple[str, str, str]] = []
    definitions: dict[str, str] = {}
    for collection, key, text in journal.load() if journal is not None else ():
        if collection == COLLECTION:
            definitions[key] = text
        else:
            rows.append((collection, key, text))
    return rows, definitions
