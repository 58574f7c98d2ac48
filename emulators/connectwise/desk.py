"""Where writes happen: audit columns, events for callbacks, one commit per request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.connectwise.references import References
from emulators.connectwise.rows import Row
from emulators.connectwise.store import Store
from emulators.connectwise.switches import Switches
from emulators.control_plane import Clock

API_MEMBER = "BillingSync"


@dataclass(frozen=True, slots=True)
class Event:
    """One change that a callback may report; `row` is None for a deletion."""

    path: str
    action: str
    row_id: int
    row: Row | None
    before: Row | None


class Desk:
    """Store, clock and switches of one emulator, for the rules of the objects."""

    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self.store = store
        self.references = References(store)
        self.clock = clock
        self.switches = switches
        self.events: list[Event] = []
        self._second = -1
        self._timestamp = ""

    def timestamp(self) -> str:
        """Return the virtual time as the API writes it, whole seconds."""
        now = self.clock.now()
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._timestamp = second, now.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._timestamp

    def today(self) -> str:
        """Return midnight of the virtual day as the API writes it."""
        return f"{self.timestamp()[:10]}T00:00:00Z"

    def add(self, path: str, values: Mapping[str, Any]) -> Row:
        """Store a new row under a new id."""
        now = self.timestamp()
        audit = {"lastUpdated": now, "updatedBy": API_MEMBER, "dateEntered": now, "enteredBy": API_MEMBER}
        row = self.store[path].make({**values, **audit, "id": self.store.take_id(path)})
        self.store.put(path, row)
        self.events.append(Event(path, "added", row[0], row, None))
        return row

    def change(self, path: str, row_id: int, changes: Mapping[str, Any]) -> Row:
        """Store new values of a row."""
        table = self.store[path]
        before = table.rows[row_id]
        audit = {"lastUpdated": self.timestamp(), "updatedBy": API_MEMBER}
        row = table.make({**table.values(before), **changes, **audit})
        self.store.put(path, row)
        self.events.append(Event(path, "updated", row_id, row, before))
        return row

    def remove(self, path: str, row_id: int) -> None:
        """Delete a row."""
        before = self.store[path].rows[row_id]
        self.store.remove(path, row_id)
        self.events.append(Event(path, "deleted", row_id, None, before))

    def commit(self) -> list[Event]:
        """Make the writes durable and return what happened."""
        self.store.commit()
        events, self.events = self.events, []
        return events
