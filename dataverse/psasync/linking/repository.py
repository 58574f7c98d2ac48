"""Repository of mappings made by hand; satisfies `sync_core.linking.ports.HandMappings`."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as ReadOnly

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import RowNotFound, VersionMismatch
from dataverse.odata import Query, guid_literal, prefer, row_address, text_literal
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.linking.records import MappingSearch, MappingWish
from dataverse.psasync.mapping_rows import (
    COLUMNS,
    MAPPINGS,
    ROW_LOOKUPS,
    change_body,
    mapping_address,
    mapping_from,
    with_columns,
)
from dataverse.psasync.records import ConnectorId, Mapping, MappingId, MappingKind, SourceId
from dataverse.values import Row
from dataverse.work365.linked.tables import LinkedTable, linked_tables
from dataverse.work365.schema import Work365Schema

MOST_FOUND = 500


class HandMappingRepository:
    """Reads and writes integration records of products, accounts and billing contracts, written as the app."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._tables: ReadOnly[MappingKind, LinkedTable] = linked_tables(schema)

    def by_id(self, mapping_id: MappingId) -> Mapping | None:
        """Return the record, or None when it does not exist."""
        try:
            row = self._client.send(Operation("GET", with_columns(row_address(MAPPINGS, mapping_id))), repeatable=True)
        except RowNotFound:
            return None
        return mapping_from(row.document())

    def find(self, search: MappingSearch) -> Sequence[Mapping]:
        """Return the records, 500 at most, in one request."""
        conditions = [
            None
            if search.connector_id is None
            else f"_psasync_connectorid_value eq {guid_literal(search.connector_id)}",
            None if search.kind is None else f"psasync_kind eq {int(search.kind)}",
            None if search.source_id is None else f"psasync_sourceid eq {text_literal(guid_literal(search.source_id))}",
            None if search.psa_id is None else f"psasync_psaid eq {search.psa_id}",
        ]
        query = Query(MAPPINGS, select=COLUMNS, filter=" and ".join(filter(None, conditions)) or None, top=MOST_FOUND)
        rows = self._client.send(Operation("GET", query.address()), repeatable=True).document()["value"]
        return [mapping_from(row) for row in rows]

    def of_kind(self, connector_id: ConnectorId, kind: MappingKind) -> Iterator[Mapping]:
        """Yield all records of a kind on a connector, 5,000 a request."""
        condition = f"_psasync_connectorid_value eq {guid_literal(connector_id)} and psasync_kind eq {int(kind)}"
        query = Query(MAPPINGS, select=COLUMNS, filter=condition)
        return (mapping_from(row) for row in self._client.rows(Operation("GET", query.address())))

    def put(self, wish: MappingWish) -> Mapping | None:
        """Make or change the record in one request; None when it is not any more as the caller read it.

        The alternate key lets one of two make it. Raises as `write_guarded`.
        """
        source_id = SourceId(guid_literal(wish.source_id))
        body = change_body(wish.change)
        table = self._tables[wish.kind]
        bound = {f"{ROW_LOOKUPS[wish.kind]}@odata.bind": f"/{table.entity_set}({source_id})"}
        if wish.existing is None:
            address = mapping_address(wish.connector_id, wish.kind, source_id)
            bound["psasync_name"] = source_id
            condition = {"If-None-Match": "*"}
        else:
            address = row_address(MAPPINGS, wish.existing.id)
            condition = {"If-Match": wish.existing.etag}
        write = GuardedWrite(
            key=source_id,
            operation=Operation(
                "PATCH", with_columns(address), body | bound, {**condition, **prefer(representation=True)}
            ),
            etag=wish.existing.etag if wish.existing else None,
            is_ours=lambda row: values.holds(row, body),
        )

        def read_back(writes: Sequence[GuardedWrite[SourceId]]) -> dict[SourceId, Row]:
            read = self._client.read_many([Operation("GET", with_columns(address))], empty_when=(RowNotFound,))
            return {write.key: row for write, rows in zip(writes, read.rows, strict=True) for row in rows}

        written = write_guarded(self._client, [write], read_back)
        return mapping_from(written[source_id]) if source_id in written else None

    def remove(self, mapping: Mapping) -> bool:
        """Delete the record while it is as it was read; False when it is not. One that is gone counts as deleted."""
        address = row_address(MAPPINGS, mapping.id)
        try:
            self._client.send(Operation("DELETE", address, headers={"If-Match": mapping.etag}), repeatable=True)
        except VersionMismatch:
            return False
        except RowNotFound:
            return True
        return True
