"""Repository of connectors, integration records and the log; satisfies `sync_core.ports.Ledger`."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as ReadOnly
from datetime import datetime
from typing import Any, Protocol

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import DuplicateRow, RowNotFound
from dataverse.odata import guid_literal, prefer, row_address, slices
from dataverse.psasync.connectors.rows import connector_address, connector_from
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.log_rows import ENTRIES_PER_REQUEST, log_operation
from dataverse.psasync.mapping_rows import (
    MAPPINGS,
    mapping_address,
    mapping_from,
    mapping_queries,
    with_columns,
)
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    LogEntry,
    Mapping,
    MappingKind,
    MappingsRead,
    MappingStatus,
    SourceId,
)
from dataverse.psasync.settlements import SettlementWish, write_settlements
from dataverse.values import Row
from dataverse.work365.records import InvoiceLineId

_CLAIM_MESSAGE = "Being written to ConnectWise."


class ClaimWish(Protocol):
    """A wish to hold the mapping row of one invoice line; `existing` is the row as it was read, None to create it.

    `agreement_id` goes into `psasync_psaparentid`; None leaves that column as it is. `claimed_by` must belong to one
    run of one chunk: a row that carries it counts as claimed by this call.
    """

    @property
    def line_id(self) -> InvoiceLineId: ...
    @property
    def agreement_id(self) -> int | None: ...
    @property
    def existing(self) -> Mapping | None: ...
    @property
    def claimed_by(self) -> str: ...
    @property
    def claimed_until(self) -> datetime: ...


class MappingLedger:
    """Reads and writes integration records and appends to the log, with the rights of the client it is given."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def connector(self, connector_id: ConnectorId) -> Connector | None:
        """Return the connector, or None when it does not exist."""
        try:
            row = self._client.send(Operation("GET", connector_address(connector_id)), repeatable=True).document()
        except RowNotFound:
            return None
        return connector_from(row)

    def read_mappings(
        self, connector_id: ConnectorId, wanted: ReadOnly[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        """Return the mappings that exist for these source ids on this connector; one request up to 1,000 pages."""
        queries = [query for kind, ids in wanted.items() for query in mapping_queries(connector_id, kind, ids)]
        if not queries:
            return MappingsRead({}, self._client.server_time())
        read = self._client.read_many(queries)
        found = (mapping_from(row) for rows in read.rows for row in rows)
        return MappingsRead({(mapping.kind, mapping.source_id): mapping for mapping in found}, read.server_time)

    def claim(self, connector_id: ConnectorId, claims: Sequence[ClaimWish]) -> dict[InvoiceLineId, Mapping]:
        """Create or take over the mapping rows of invoice lines in one batch; return the rows that are ours now.

        A row that somebody else created or changed in between is absent. When the answer is lost the rows are read
        again, and those with our `claimed_by` are ours. Raises as `write_guarded`.
        """

        def read_back(writes: Sequence[GuardedWrite[InvoiceLineId]]) -> dict[InvoiceLineId, Row]:
            queries = mapping_queries(connector_id, MappingKind.INVOICE_LINE, [write.key for write in writes])
            rows = (row for page in self._client.read_many(queries).rows for row in page)
            return {InvoiceLineId(values.guid(row, "psasync_sourceid") or ""): row for row in rows}

        writes = [_claim_write(connector_id, claim) for claim in claims]
        ours = write_guarded(self._client, writes, read_back)
        return {line_id: mapping_from(row) for line_id, row in ours.items()}

    def settle(self, settlements: Sequence[SettlementWish]) -> dict[SourceId, Mapping]:
        """Write settled states in one batch with `If-Match`; return the rows as they are now, lost ones are absent.

        When the answer is lost the rows are read again, and those that hold what was to be written are settled.
        Raises as `write_guarded`.
        """
        return write_settlements(self._client, settlements)

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """Append log entries, 1,000 a request."""
        for page in slices(entries, ENTRIES_PER_REQUEST):
            try:
                self._client.send(log_operation(page), repeatable=True)
            except DuplicateRow:
                continue  # an earlier sending of this very page was carried out, its answer was lost


def _claim_write(connector_id: ConnectorId, claim: ClaimWish) -> GuardedWrite[InvoiceLineId]:
    line_id = InvoiceLineId(guid_literal(claim.line_id))
    body: dict[str, Any] = {
        "psasync_invoicelineid@odata.bind": f"/invoicedetails({line_id})",
        "psasync_status": int(MappingStatus.SYNCING),
        "psasync_statusmessage": _CLAIM_MESSAGE,
        "psasync_claimedby": claim.claimed_by,
        "psasync_claimeduntil": values.stored_deadline(claim.claimed_until),
        "psasync_attempts": 1 + (claim.existing.attempts if claim.existing else 0),
    }
    if claim.agreement_id is not None:
        body["psasync_psaparentid"] = claim.agreement_id
    if claim.existing is None:
        # the address creates the row with the key's values; only the name is left to give
        address = mapping_address(connector_id, MappingKind.INVOICE_LINE, line_id)
        body["psasync_name"] = line_id
        condition = {"If-None-Match": "*"}
    else:
        address = row_address(MAPPINGS, claim.existing.id)
        condition = {"If-Match": claim.existing.etag}
    return GuardedWrite(
        key=line_id,
        operation=Operation("PATCH", with_columns(address), body, {**condition, **prefer(representation=True)}),
        etag=claim.existing.etag if claim.existing else None,
        is_ours=lambda row: values.text(row, "psasync_claimedby") == claim.claimed_by,
    )
