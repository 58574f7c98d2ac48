"""The services of the screens on which people set up and map; part of the composition root."""

import time
from collections.abc import Callable

from connectwise.candidates.reader import ConnectWiseCandidates
from connectwise.directory.reader import ConnectWiseDirectory
from connectwise.search.reader import ConnectWiseSearch
from connectwise.setup.reader import TenantSetup
from dataverse.client import DataverseClient
from dataverse.psasync.connectors.repository import ConnectorRepository
from dataverse.psasync.ledger import MappingLedger
from dataverse.psasync.linking.repository import HandMappingRepository
from dataverse.psasync.records import Connector, EntraObjectId
from dataverse.work365.linked.repository import LinkedRowRepository
from dataverse.work365.repository import Work365Repository
from dataverse.work365.schema import Work365Schema
from sync_core.connectors.ports import ConnectorServices
from sync_core.linking.ports import LinkingServices
from sync_core.lists.ports import ListServices
from sync_core.suggestions.memory import Finders
from sync_core.suggestions.services import SuggestionServices
from triggers.tenants import Tenants


class Screens:
    """Makes the services; `dataverse` is the app's client, `dataverse_as` makes one with the rights of a person."""

    def __init__(
        self,
        *,
        dataverse: DataverseClient,
        dataverse_as: Callable[[EntraObjectId], DataverseClient],
        schema: Work365Schema,
        tenants: Tenants,
    ) -> None:
        self._dataverse = dataverse
        self._dataverse_as = dataverse_as
        self._schema = schema
        self._tenants = tenants
        self._finders = Finders(time.monotonic)

    def connector_services(self) -> ConnectorServices:
        """Return the ports of the connector screens."""
        return ConnectorServices(
            connectors=ConnectorRepository(self._dataverse),
            log=MappingLedger(self._dataverse),
            setup_of=lambda connector: TenantSetup(self._tenants.client_of(connector)),
            psa_of=self._tenants.tenant_of,
            fault_of_address=self._tenants.fault_of_address,
        )

    def linking_services(self) -> LinkingServices:
        """Return the ports of mapping by hand; our own tables are written as the app, Work 365's as the person."""
        return LinkingServices(
            connectors=self.connector_services(),
            mappings=HandMappingRepository(self._dataverse, self._schema),
            log=MappingLedger(self._dataverse),
            rows_as=lambda person: LinkedRowRepository(self._dataverse_as(person), self._schema),
            targets_of=self._tenants.tenant_of,
            companies_of=lambda connector: ConnectWiseDirectory(self._tenants.client_of(connector), in_parallel=1),
        )

    def list_services(self) -> ListServices:
        """Return the ports of the lists; Work 365's rows are read as the person."""
        return ListServices(
            connectors=self.connector_services(),
            all_mappings=HandMappingRepository(self._dataverse, self._schema),
            mappings=MappingLedger(self._dataverse),
            rows_as=lambda person: LinkedRowRepository(self._dataverse_as(person), self._schema),
            lines_as=lambda person: Work365Repository(self._dataverse_as(person), self._schema),
        )

    def suggestion_services(self) -> SuggestionServices:
        """Return the ports of suggestions, and what they keep in memory as long as the process lives."""
        return SuggestionServices(
            candidates_of=lambda connector: ConnectWiseCandidates(self._tenants.client_of(connector)),
            finders=self._finders,
        )

    def search_of(self, connector: Connector) -> ConnectWiseSearch:
        """Return the search in the tenant of a connector."""
        return ConnectWiseSearch(self._tenants.client_of(connector))
