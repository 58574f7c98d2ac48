"""Repository of the rows that can be mapped; satisfies `sync_core.linking.ports.LinkedRows`."""

from collections.abc import Iterator, Sequence

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import PermissionDenied, RowNotFound
from dataverse.odata import Query, prefer, row_address
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.values import Row
from dataverse.work365 import line_rows
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.linked.tables import LinkedTable, linked_tables
from dataverse.work365.queries import queries_by_key, with_names
from dataverse.work365.records import Invoice
from dataverse.work365.schema import Work365Schema


class LinkedRowRepository:
    """Reads and mirrors products, accounts and billing contracts with the rights of one person."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._tables = linked_tables(schema)
        self._invoice = schema.invoice

    def rows(self, kind: MappingKind, row_ids: Sequence[SourceId]) -> dict[SourceId, LinkedRow]:
        """Return the rows that exist and that the person may read, in one request."""
        table = self._tables[kind]
        found_by = queries_by_key(table.entity_set, table.key, table.columns(), row_ids)
        queries = [with_names(query) for query in found_by]
        if not queries:
            return {}
        read = self._client.read_many(queries, empty_when=(PermissionDenied,))
        found = (table.row_from(row) for rows in read.rows for row in rows)
        return {row.id: row for row in found}

    def all_rows(self, kind: MappingKind) -> Iterator[LinkedRow]:
        """Yield all rows that the person may read, 5,000 a request; none of a table that they may not read.

        Evidence comes with them; that of a table behind a lookup is left out when the person may not read that table.
        """
        table = self._tables[kind]
        for expand in dict.fromkeys((table.evidence.expand, None)):
            query = Query(table.entity_set, select=[*table.columns(), *table.evidence.columns], expand=expand)
            try:
                for row in self._client.rows(with_names(query)):
                    yield table.row_from(row, with_evidence=True)
                return
            except PermissionDenied:
                # Dataverse refuses a whole request for one table; it does so before the first row
                continue

    def active_invoices(self) -> Iterator[Invoice]:
        """Yield all active invoices that the person may read, 5,000 a request; none if they may read none."""
        names = self._invoice
        query = Query(names.entity_set, select=line_rows.invoice_columns(names), filter=f"{names.state} eq 0")
        try:
            for row in self._client.rows(Operation("GET", query.address())):
                yield line_rows.invoice_from(row, names)
        except PermissionDenied:
            return

    def mirror(self, row: LinkedRow, psa_id: int | None, psa_name: str | None) -> bool:
        """Write Work 365's own PSA columns while the row is as it was read; False when it is not any more.

        Raises as `write_guarded`, PermissionDenied when the person may not write the row.
        """
        table = self._tables[row.kind]
        body = table.mirror_body(None if psa_id is None else str(psa_id), psa_name)
        address = _address(table, row.id)
        write = GuardedWrite(
            key=row.id,
            operation=Operation("PATCH", address, body, {"If-Match": row.etag, **prefer(representation=True)}),
            etag=row.etag,
            is_ours=lambda stored: values.holds(stored, body),
        )

        def read_back(writes: Sequence[GuardedWrite[SourceId]]) -> dict[SourceId, Row]:
            read = self._client.read_many([Operation("GET", address)], empty_when=(RowNotFound,))
            return {write.key: stored for write, rows in zip(writes, read.rows, strict=True) for stored in rows}

        return bool(write_guarded(self._client, [write], read_back))


def _address(table: LinkedTable, row_id: SourceId) -> str:
    return Query(row_address(table.entity_set, row_id), select=table.columns()).address()
