"""The ConnectWise emulator as the control plane sees it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulators.connectwise import routes
from emulators.connectwise.access import WEB_SERVER_404, Access, Credentials
from emulators.connectwise.api import Answer, Api, Request, answer_headers
from emulators.connectwise.control import Control
from emulators.connectwise.delivery import Callbacks
from emulators.connectwise.desk import Desk
from emulators.connectwise.exact import dumps, loads
from emulators.connectwise.faults import vendor_fault
from emulators.connectwise.seeds import load_seed
from emulators.connectwise.state import stored_rows
from emulators.connectwise.store import Store
from emulators.connectwise.switches import Switches
from emulators.control_plane import Clock, FaultAnswer, Journal, RequestFacts
from emulators.control_plane.emulated import Receive, Scope, Send

LONGEST_URL = 2000  # characters (connectwise.md 3.4)
_SEEDS = Path(__file__).parent / "seeds"
_CANNOT_ROUTE = Answer(400, b"Cannot route. Codebase/company is invalid", "text/plain")


class ConnectWise:
    """One emulated tenant."""

    name = "connectwise"

    def __init__(self, journal: Journal | None, public_url: str | None = None) -> None:
        self.clock = Clock()
        self.switches = Switches()
        self.desk = Desk(Store(journal), self.clock, self.switches)
        self.access = Access(Credentials())
        self.api = Api(self.desk, self.access)
        self._public_url = public_url
        self._callbacks = Callbacks(self.desk, self.api, self.access, public_url or "http://127.0.0.1")
        self._control = Control(self.desk, self.access, self._callbacks)

    def load(self, seed: Mapping[str, Any] | None) -> None:
        """Fill the store: from the journal, else from the setup lists and `seed` or the default seed."""
        if not self.desk.store.load():
            load_seed(self.desk, _bundled("setup_lists.json"))
            load_seed(self.desk, _bundled("default_seed.json") if seed is None else seed)
        self.api.build_orders()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; the body comes in one message."""
        message = await receive()
        answer = self._answer(scope, message.get("body", b""))
        headers = {**answer_headers(), **answer.headers}
        if answer.content_type is not None:
            headers["Content-Type"] = answer.content_type
        raw = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        if answer.status != 204:
            raw.append((b"content-length", str(len(answer.body)).encode("ascii")))
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    def reset(self) -> None:
        """Empty the store; keys, permissions, switches and setup lists stay."""
        self.desk.store.clear_records()
        self.api.build_orders()

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Load records by collection path; raises SeedError."""
        counts = load_seed(self.desk, document)
        self.api.build_orders()
        return counts

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return stored rows in pages, or the number of rows of each collection; raises SeedError."""
        return stored_rows(self.api, query)

    def route_template(self, method: str, path: str) -> str:
        """Return the path below the API root with `{id}` for its ids."""
        del method
        parts = [part for part in path.split("/") if part]
        if parts[:2] == ["login", "companyinfo"]:
            return routes.COMPANY_INFO
        place = routes.find_place("/".join(parts[3:])) if "/".join(parts[1:3]) == routes.API_PREFIX else None
        return place.route.counted_as if place else path

    def operations(self, facts: RequestFacts, body: bytes) -> int:
        """Return 1: the API has no batches and no bulk writes."""
        del facts, body
        return 1

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:
        """Return the vendor's answer for a fault."""
        return vendor_fault(kind, status, retry_after, f"http://{facts.headers.get('host', 'localhost')}{facts.path}")

    def extra_control(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        """Answer the control routes that only this emulator has."""
        return self._control.answer(method, path, body)

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        host = headers.get("host", "")
        if len(f"{scope.get('scheme', 'http')}://{host}{raw_path}?{query}") > LONGEST_URL:
            return Answer(414, b"<html><body><h1>414 Request URI Too Long</h1></body></html>", "text/html")
        parts = [part for part in scope["path"].split("/") if part]
        if parts[:2] == ["login", "companyinfo"] and len(parts) == 3:
            return self._company_info(scope["method"], parts[2])
        if parts and parts[0] not in routes.CODEBASES and parts[1:3] == ["apis", "3.0"]:
            return _CANNOT_ROUTE
        if parts[:1] and parts[0] in routes.CODEBASES:
            below = "/".join(parts[1:])
            if below == routes.CALLBACK_KEY.strip("/"):
                return self._callbacks.key_answer(scope["method"], query)
            if below == routes.API_PREFIX or below.startswith(f"{routes.API_PREFIX}/"):
                path = f"/{below.removeprefix(routes.API_PREFIX).strip('/')}"
                return self._api_answer(Request(scope["method"], path, query, headers, body), host)
        return Answer(404, WEB_SERVER_404, "text/html")

    def _api_answer(self, request: Request, host: str) -> Answer:
        answer = self.api.answer(request)
        events = self.desk.commit()
        if events:
            if self._public_url is None:
                self._callbacks.base_url = f"http://{host}"
            self._callbacks.publish(events)
        return answer

    def _company_info(self, method: str, company: str) -> Answer:
        if method != "GET":
            return Answer(405, b"", None, {"Allow": "GET"})
        known = self.access.credentials.company
        if company.lower() != known.lower():
            return Answer(200, b"null")
        info = {
            "CompanyName": "Contoso Cloud Services",
            "Codebase": "v2025_1/",
            "VersionCode": "v2025.1",
            "VersionNumber": "v4.6.00000",
            "CompanyID": known,
            "IsCloud": "True",
        }
        return Answer(200, dumps(info))


def _bundled(name: str) -> dict[str, Any]:
    document: dict[str, Any] = loads((_SEEDS / name).read_text(encoding="utf-8"))
    return document


def build(options: Mapping[str, Any]) -> ConnectWise:
    """Return an emulator: `data` (Path or None) keeps the rows, `seed` is loaded into an empty store."""
    data = options.get("data")
    journal = Journal(Path(data) / "connectwise.sqlite") if data else None
    emulator = ConnectWise(journal, options.get("public_url"))
    emulator.load(options.get("seed"))
    return emulator


def coverage() -> list[tuple[str, str, str]]:
    """Return (method, template, note) of every operation that the emulator answers."""
    served = [
        ("GET", routes.COMPANY_INFO, "no credentials; null for an unknown company"),
        ("GET", f"/{{codebase}}{routes.CALLBACK_KEY}", "no credentials; key of delivered callbacks"),
    ]
    for route in routes.routes().values():
        note = _NOTES.get(route.template, "")
        served += [(method, route.template, note) for method in sorted(route.methods)]
    return sorted(served, key=lambda operation: (operation[1], operation[0]))


_NOTES = {
    routes.SYSTEM_INFO: "cheap check of the credentials",
    "/company/communicationTypes": "refuses model versions before 2020.4",
    "/company/companies/{parentId}/typeAssociations": "the types of a company after its creation",
    "/company/contacts/{id}": "DELETE knows transferContactId",
    "/finance/agreements/{parentId}/additions": "billing start, invoiced periods, bundles, computed members",
    "/finance/invoices": "read only; POST /_emulator/invoice-agreements writes them",
    "/system/callbacks": "delivered, signed, repeated and disabled as documented",
}
