"""What the screens of a connector need from the outside world; the clients satisfy it structurally."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectwise.setup.records import Area, Option, OptionList, TenantInformation
from dataverse.psasync.connectors.records import StoredConnector
from dataverse.psasync.records import Connector, ConnectorId, LogEntry, ServerTime
from sync_core.errors import RecordRejected
from sync_core.ports import Psa


class Connectors(Protocol):
    """Our connectors, written as the app; keys are no part of them."""

    def all(self) -> Sequence[StoredConnector]:
        """Return all connectors by name."""
        ...

    def stored(self, connector_id: ConnectorId) -> StoredConnector | None:
        """Return the connector, or None when it does not exist."""
        ...

    def create(self, connector: Connector) -> StoredConnector | None:
        """Create the row; None when a row with this id is there already."""
        ...

    def change(self, connector: Connector, *, etag: str) -> StoredConnector | None:
        """Write all columns while the row is at this version; None when it is not."""
        ...

    def has_mappings(self, connector_id: ConnectorId) -> bool:
        """Return whether any integration record belongs to the connector."""
        ...

    def server_time(self) -> ServerTime:
        """Return Dataverse's own time."""
        ...


class Log(Protocol):
    """Our log."""

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """Append log entries in one request."""
        ...


class TenantSetup(Protocol):
    """Setup of one ConnectWise tenant, read anew at every call."""

    def information(self) -> TenantInformation:
        """Return name and version; needs no keys."""
        ...

    def unreadable_areas(self) -> Sequence[Area]:
        """Return the areas of which the API member may read nothing."""
        ...

    def options(self, which: OptionList) -> Sequence[Option]:
        """Return all entries of a pick list by name, inactive ones included."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorServices:
    """The ports of the connector screens; `fault_of_address` returns why the app may not call an address, or None."""

    connectors: Connectors
    log: Log
    setup_of: Callable[[Connector], TenantSetup]
    psa_of: Callable[[Connector], Psa]
    fault_of_address: Callable[[str], str | None]

    def existing(self, connector_id: ConnectorId) -> StoredConnector:
        """Return the connector or raise RecordRejected."""
        stored = self.connectors.stored(connector_id)
        if stored is None:
            raise RecordRejected(
                user_message="This connector does not exist; choose another one and try again.",
                code="connector_not_found",
            )
        return stored
