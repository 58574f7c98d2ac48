"""Connectors and a tenant's setup in memory, with counted reads and faults."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectwise.errors import ConnectWiseError
from connectwise.records import CatalogItem, CatalogItemId
from connectwise.setup.records import Area, Option, OptionList, TenantInformation
from dataverse.psasync.connectors.records import StoredConnector
from dataverse.psasync.records import Connector, ConnectorId, LogEntry, ServerTime
from sync_core.connectors.ports import ConnectorServices
from sync_core.errors import ConfigurationFault
from tests import builders
from tests.fakes import EPOCH

LISTS = {
    OptionList.PRODUCT_CATEGORIES: [Option(1, "Hardware"), Option(4, "Cloud")],
    OptionList.PRODUCT_SUBCATEGORIES: [Option(10, "Workstations", parent_id=1), Option(17, "Licences", parent_id=4)],
    OptionList.PRODUCT_TYPES: [Option(2, "Non-Inventory")],
    OptionList.UNITS_OF_MEASURE: [Option(1, "Each")],
    OptionList.AGREEMENT_TYPES: [Option(10, "Managed Services"), Option(11, "Old", is_inactive=True)],
    OptionList.BILLING_CYCLES: [Option(2, "Monthly")],
    OptionList.COMPANY_TYPES: [Option(1, "Client"), Option(2, "Prospect")],
    OptionList.COMPANY_STATUSES: [Option(1, "Active")],
}


@dataclass
class Office:
    """Everything behind the connector screens; `before_change` runs right before a change is written."""

    rows: dict[ConnectorId, StoredConnector] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    lists: dict[OptionList, list[Option]] = field(default_factory=lambda: {which: [*LISTS[which]] for which in LISTS})
    unreadable: list[Area] = field(default_factory=list)
    items: dict[CatalogItemId, CatalogItem] = field(default_factory=dict)
    fault: ConnectWiseError | ConfigurationFault | None = None
    mapped: bool = False
    asked: list[OptionList] = field(default_factory=list)
    versions: int = 1

    def services(self) -> ConnectorServices:
        """Return the ports."""
        return ConnectorServices(
            connectors=self,
            log=self,
            setup_of=lambda connector: self,
            psa_of=lambda connector: self,
            fault_of_address=lambda url: "This host is not allowed." if "evil" in url else None,
        )

    def put(self, connector: Connector) -> StoredConnector:
        """Store a connector as somebody else."""
        self.versions += 1
        self.rows[connector.id] = StoredConnector(connector, f'W/"{self.versions}"')
        return self.rows[connector.id]

    # --- Connectors

    def all(self) -> Sequence[StoredConnector]:
        return list(self.rows.values())

    def stored(self, connector_id: ConnectorId) -> StoredConnector | None:
        return self.rows.get(connector_id)

    def create(self, connector: Connector) -> StoredConnector | None:
        return None if connector.id in self.rows else self.put(connector)

    def change(self, connector: Connector, *, etag: str) -> StoredConnector | None:
        return self.put(connector) if self.rows[connector.id].etag == etag else None

    def has_mappings(self, connector_id: ConnectorId) -> bool:
        return self.mapped

    def server_time(self) -> ServerTime:
        return ServerTime(EPOCH, 0.0)

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        self.log.extend(entries)

    # --- TenantSetup and the catalog

    def information(self) -> TenantInformation:
        self._fail()
        return TenantInformation("Contoso Cloud Services", "v2025.1")

    def unreadable_areas(self) -> Sequence[Area]:
        self._fail()
        return self.unreadable

    def options(self, which: OptionList) -> Sequence[Option]:
        self._fail()
        self.asked.append(which)
        return self.lists[which]

    def catalog_items(self, ids: Sequence[CatalogItemId]) -> dict[CatalogItemId, CatalogItem]:
        self._fail()
        return {item_id: self.items[item_id] for item_id in ids if item_id in self.items}

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


def office_with(properties: str | None = None) -> Office:
    """Return an office with one connector."""
    office = Office()
    office.put(replace(builders.connector(), properties=properties))
    return office
