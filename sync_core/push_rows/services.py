"""What the push of rows works with."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import Connector, ConnectorId, EntraObjectId
from sync_core.errors import RecordRejected
from sync_core.linking.ports import PsaCompanies, PsaTargets
from sync_core.ports import Ledger
from sync_core.push_rows.ports import PsaCreation, RowLedger, SourceRows
from sync_core.work.services import WorkServices

CHUNK_ROWS = 100
"""Rows of one queue message: some ten requests to Dataverse, and a step of the progress that a person sees."""


@dataclass(frozen=True, slots=True)
class PushRowsServices(WorkServices):
    """The ports of the push of rows; `rows_as` acts with the rights of one person, `*_of` open a connector's tenant."""

    ledger: Ledger
    claims: RowLedger
    rows_as: Callable[[EntraObjectId], SourceRows]
    creation_of: Callable[[Connector], PsaCreation]
    targets_of: Callable[[Connector], PsaTargets]
    companies_of: Callable[[Connector], PsaCompanies]

    def existing_connector(self, connector_id: ConnectorId) -> Connector:
        """Return the connector or raise RecordRejected."""
        connector = self.ledger.connector(connector_id)
        if connector is None:
            raise RecordRejected(
                user_message="This connector does not exist; choose another one and save again.",
                code="connector_not_found",
            )
        return connector
