"""Repository of integration records of rows; satisfies `sync_core.push_rows.ports.RowLedger`."""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as ReadOnly
from datetime import datetime
from typing import Any, Protocol

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.odata import guid_literal, prefer, row_address
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.mapping_rows import (
    LONGEST_NAME,
    MAPPINGS,
    ROW_LOOKUPS,
    mapping_address,
    mapping_from,
    mapping_queries,
    psa_queries,
    with_columns,
)
from dataverse.psasync.records import ConnectorId, Mapping, MappingKind, MappingStatus, SourceId
from dataverse.psasync.settlements import SettlementWish, write_settlements
from dataverse.values import Row
from dataverse.work365.linked.tables import linked_tables
from dataverse.work365.schema import Work365Schema

_CREATING_MESSAGE = "Being created in ConnectWise."
_MAPPING_MESSAGE = "Being mapped to a record of ConnectWise."

RowKey = tuple[MappingKind, SourceId]


class RowClaimWish(Protocol):
    """A wish to hold the record of one row; `existing` is the record as it was read, None to create it.

    `intent` goes into `psasync_psaname`; None: nothing will be posted. `parent_id` (None: as it is) goes into
    `psasync_psaparentid`. `claimed_by` must belong to one run of one chunk: a record that carries it counts as claimed
    by this call.
    """

    @property
    def kind(self) -> MappingKind: ...
    @property
    def source_id(self) -> SourceId: ...
    @property
    def existing(self) -> Mapping | None: ...
    @property
    def intent(self) -> str | None: ...
    @property
    def claimed_by(self) -> str: ...
    @property
    def claimed_until(self) -> datetime: ...
    @property
    def parent_id(self) -> int | None: ...


class RowClaimRepository:
    """Claims and settles integration records of products, accounts and billing contracts, written as the app."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._targets = {kind: table.entity_set for kind, table in linked_tables(schema).items()}

    def claim_rows(self, connector_id: ConnectorId, claims: Sequence[RowClaimWish]) -> dict[SourceId, Mapping]:
        """Create or take over the records in one batch; return those that are ours now, others are absent.

        The alternate key lets one of two create a record, its ETag one of two take it over. When the answer is lost
        the records are read again, and those with our `claimed_by` are ours. Raises as `write_guarded`.
        """

        def read_back(writes: Sequence[GuardedWrite[RowKey]]) -> dict[RowKey, Row]:
            wanted: dict[MappingKind, list[SourceId]] = {}
            for kind, source_id in (write.key for write in writes):
                wanted.setdefault(kind, []).append(source_id)
            queries = [query for kind, ids in wanted.items() for query in mapping_queries(connector_id, kind, ids)]
            rows = (row for page in self._client.read_many(queries).rows for row in page)
            return {(mapping.kind, mapping.source_id): row for row in rows for mapping in (mapping_from(row),)}

        writes = [self._claim_write(connector_id, claim) for claim in claims]
        ours = write_guarded(self._client, writes, read_back)
        return {source_id: mapping_from(row) for (_, source_id), row in ours.items()}

    def settle_rows(self, settlements: Sequence[SettlementWish]) -> dict[SourceId, Mapping]:
        """Write settled states in one batch with `If-Match`; return the records as they are now, lost ones absent.

        When the answer is lost the records are read again, and those that hold what was to be written are settled.
        Raises as `write_guarded`.
        """
        return write_settlements(self._client, settlements)

    def mapped_to(
        self, connector_id: ConnectorId, kind: MappingKind, psa_ids: Collection[int]
    ) -> ReadOnly[int, Sequence[Mapping]]:
        """Return the records of a kind that name these ConnectWise ids, in one request; ids without any are absent."""
        queries = psa_queries(connector_id, kind, psa_ids)
        if not queries:
            return {}
        found: dict[int, list[Mapping]] = {}
        for mapping in (mapping_from(row) for rows in self._client.read_many(queries).rows for row in rows):
            if mapping.psa_id is not None:
                found.setdefault(mapping.psa_id, []).append(mapping)
        return found

    def _claim_write(self, connector_id: ConnectorId, claim: RowClaimWish) -> GuardedWrite[RowKey]:
        source_id = SourceId(guid_literal(claim.source_id))
        body: dict[str, Any] = {
            **_announced(claim.intent),
            "psasync_claimedby": claim.claimed_by,
            "psasync_claimeduntil": values.stored_deadline(claim.claimed_until),
            "psasync_attempts": 1 + (claim.existing.attempts if claim.existing else 0),
        }
        if claim.parent_id is not None:
            body["psasync_psaparentid"] = claim.parent_id
        if claim.existing is None:
            # the address creates the record with the key's values; name and lookup are left to give
            address = mapping_address(connector_id, claim.kind, source_id)
            body["psasync_name"] = source_id
            # only now: a row that was deleted since could not be bound, and its record would stay as it is for ever
            body[f"{ROW_LOOKUPS[claim.kind]}@odata.bind"] = f"/{self._targets[claim.kind]}({source_id})"
            condition = {"If-None-Match": "*"}
        else:
            address = row_address(MAPPINGS, claim.existing.id)
            condition = {"If-Match": claim.existing.etag}
        return GuardedWrite(
            key=(claim.kind, source_id),
            operation=Operation("PATCH", with_columns(address), body, {**condition, **prefer(representation=True)}),
            etag=claim.existing.etag if claim.existing else None,
            is_ours=lambda row: values.text(row, "psasync_claimedby") == claim.claimed_by,
        )


def _announced(intent: str | None) -> dict[str, Any]:
    """Return the columns that say what is going to happen: only a record in the making leaves something in doubt."""
    if intent is None:
        return {"psasync_status": int(MappingStatus.PENDING), "psasync_statusmessage": _MAPPING_MESSAGE}
    return {
        "psasync_psaname": values.fitted(intent, LONGEST_NAME),
        "psasync_status": int(MappingStatus.SYNCING),
        "psasync_statusmessage": _CREATING_MESSAGE,
    }
