"""What all operations share: schema, rows, clock, users and the organization's settings."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from emulators.dataverse.events import Recorder
from emulators.dataverse.model import Table
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.schema import Schema
from emulators.dataverse.security import Caller, Directory
from emulators.dataverse.store import Store

ORGANIZATION_ID: Final = "66666666-6666-4666-8666-000000000002"
ROOT_UNIT_ID: Final = "66666666-6666-4666-8666-000000000001"
APPLICATION_USER_ID: Final = "44444444-4444-4444-8444-000000000009"
_BASE_CURRENCY_ID: Final = "77777777-7777-4777-8777-000000000001"


class Timepiece(Protocol):
    """The clock of the control plane."""

    def now(self) -> datetime: ...


@dataclass(slots=True)
class Environment:
    """One emulated Dataverse environment."""

    schema: Schema
    store: Store
    clock: Timepiece
    directory: Directory
    recorder: Recorder = field(default_factory=Recorder)

    def table(self, name: str) -> Table:
        """Return a table by logical name."""
        return self.schema.tables[name]

    def scope(self, caller: Caller) -> QueryScope:
        """Return what a query of `caller` may look at."""
        return QueryScope(self.schema, self.store, self.clock.now(), caller.user_id, caller.business_unit_id)

    def setting(self, name: str) -> Any:
        """Return a column of the organization row, None when unset."""
        rows = self.store.rows(self.schema.tables["organization"]).by_id
        return rows.get(ORGANIZATION_ID, {}).get(name)

    def base_currency(self) -> str:
        """Return the id of the organization's currency."""
        return self.setting("basecurrencyid") or _BASE_CURRENCY_ID
