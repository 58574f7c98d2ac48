"""Control routes that only the ConnectWise emulator has, under `/_emulator/`."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from emulators.connectwise.access import Access
from emulators.connectwise.delivery import Callbacks
from emulators.connectwise.desk import Desk
from emulators.connectwise.duplicates import duplicate_additions
from emulators.connectwise.exact import dumps
from emulators.connectwise.invoicing import invoice_agreements
from emulators.control_plane import FaultAnswer, wire

Answered = tuple[int, Any]
Route = Callable[[Mapping[str, str], dict[str, Any]], Answered]


class Control:
    """Switches, permissions, invoicing, callbacks and duplicates."""

    def __init__(self, desk: Desk, access: Access, callbacks: Callbacks) -> None:
        self._desk = desk
        self._access = access
        self._callbacks = callbacks
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "switches"): lambda _query, _body: (200, desk.switches.document()),
            ("POST", "switches"): self._turn_switches,
            ("GET", "permissions"): lambda _query, _body: (200, access.document()),
            ("POST", "permissions"): self._set_permission,
            ("POST", "invoice-agreements"): self._invoice_agreements,
            ("GET", "callback-deliveries"): lambda _query, _body: (200, callbacks.document()),
            ("GET", "duplicates"): lambda _query, _body: (200, {"additions": duplicate_additions(desk.store)}),
        }

    def answer(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        """Answer one control request; None when there is no such route."""
        name, _, query = path.partition("?")
        route = self._routes.get((method, name.strip("/")))
        if route is None:
            return None
        try:
            status, document = route(dict(parse_qsl(query, keep_blank_values=True)), wire.parse_object(body))
        except (ValueError, wire.BadInput) as error:
            status, document = 400, {"error": str(error)}
        return FaultAnswer(status, {"content-type": "application/json"}, dumps(document))

    def _turn_switches(self, _query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        self._desk.switches.turn(body)
        return 200, self._desk.switches.document()

    def _set_permission(self, _query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        rights = dict(body)
        area = rights.pop("area", "")
        for right, granted in rights.items():
            self._access.set_right(area, right, granted)
        return 200, self._access.document()

    def _invoice_agreements(self, query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        text = query.get("thru") or body.get("thru") or ""
        try:
            thru = date.fromisoformat(str(text)[:10])
        except ValueError:
            raise ValueError("thru: a date such as 2025-08-31 is expected") from None
        invoices = invoice_agreements(self._desk, thru)
        self._callbacks.publish(self._desk.commit())
        return 200, {"invoices": invoices}
