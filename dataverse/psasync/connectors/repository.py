"""Repository of connectors; satisfies `sync_core.connectors.ports.Connectors`."""

from collections.abc import Sequence

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import RowNotFound
from dataverse.odata import Query, guid_literal, prefer
from dataverse.psasync.connectors.records import StoredConnector
from dataverse.psasync.connectors.rows import COLUMNS, CONNECTORS, connector_address, connector_body, connector_from
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.mapping_rows import MAPPINGS
from dataverse.psasync.records import Connector, ConnectorId, ServerTime
from dataverse.values import Row


class ConnectorRepository:
    """Reads and writes connectors with the rights of the client it is given; keys are no part of them."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def all(self) -> Sequence[StoredConnector]:
        """Return all connectors by name."""
        query = Query(CONNECTORS, select=COLUMNS, order_by="psasync_name")
        return [_stored(row) for row in self._client.rows(Operation("GET", query.address()))]

    def stored(self, connector_id: ConnectorId) -> StoredConnector | None:
        """Return the connector, or None when it does not exist."""
        try:
            row = self._client.send(Operation("GET", connector_address(connector_id)), repeatable=True).document()
        except RowNotFound:
            return None
        return _stored(row)

    def create(self, connector: Connector) -> StoredConnector | None:
        """Create the row; None when a row with this id is there already. Raises as `write_guarded`."""
        return self._written(connector, etag=None)

    def change(self, connector: Connector, *, etag: str) -> StoredConnector | None:
        """Write all columns while the row is at this version; None when it is not. Raises as `write_guarded`."""
        return self._written(connector, etag=etag)

    def has_mappings(self, connector_id: ConnectorId) -> bool:
        """Return whether any integration record belongs to the connector."""
        query = Query(
            MAPPINGS,
            select=("psasync_mappingid",),
            filter=f"_psasync_connectorid_value eq {guid_literal(connector_id)}",
            top=1,
        )
        answer = self._client.send(Operation("GET", query.address()), repeatable=True).document()
        return bool(answer["value"])

    def server_time(self) -> ServerTime:
        """Return Dataverse's own time."""
        return self._client.server_time()

    def _written(self, connector: Connector, *, etag: str | None) -> StoredConnector | None:
        body = connector_body(connector)
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        address = connector_address(connector.id)
        write = GuardedWrite(
            key=connector.id,
            operation=Operation("PATCH", address, body, {**condition, **prefer(representation=True)}),
            etag=etag,
            is_ours=lambda row: values.holds(row, body),
        )
        ours = write_guarded(self._client, [write], self._rows)
        return _stored(ours[connector.id]) if connector.id in ours else None

    def _rows(self, writes: Sequence[GuardedWrite[ConnectorId]]) -> dict[ConnectorId, Row]:
        read = self._client.read_many(
            [Operation("GET", connector_address(write.key)) for write in writes], empty_when=(RowNotFound,)
        )
        return {ConnectorId(values.guid(row, "psasync_connectorid") or ""): row for rows in read.rows for row in rows}


def _stored(row: Row) -> StoredConnector:
    return StoredConnector(connector_from(row), values.etag(row))
