"""What the import works with."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import Connector, ConnectorId, EntraObjectId
from sync_core.errors import RecordRejected
from sync_core.pull.index import RecordIndexes
from sync_core.pull.mapped import MappedSet
from sync_core.pull.ports import MappingReader, PsaAgreements, PsaDirectory, PullLedger, PullWork365
from sync_core.work.services import WorkServices

CHUNK_RECORDS = 500
"""Records of one queue message: some 16 requests to Dataverse and 4 to ConnectWise, whatever their number."""


@dataclass(frozen=True, slots=True)
class PullServices(WorkServices):
    """The ports of the import, and what lists keep in memory.

    `work365_as` acts with the rights of one person; `psa_of` and `directory_of` open a connector's tenant.
    `companies_inline` companies or fewer are imported inside the request, as `timing.inline_limit` agreements are.
    """

    mappings: MappingReader
    ledger: PullLedger
    work365_as: Callable[[EntraObjectId], PullWork365]
    psa_of: Callable[[Connector], PsaAgreements]
    directory_of: Callable[[Connector], PsaDirectory]
    mapped: MappedSet
    indexes: RecordIndexes
    companies_inline: int = 25

    def existing_connector(self, connector_id: ConnectorId) -> Connector:
        """Return the connector or raise RecordRejected."""
        connector = self.mappings.connector(connector_id)
        if connector is None:
            raise RecordRejected(
                user_message="This connector does not exist; choose another one and try again.",
                code="connector_not_found",
            )
        return connector
