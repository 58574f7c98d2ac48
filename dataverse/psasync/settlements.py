"""Settled states of integration records, written while the caller holds them."""

from collections.abc import Sequence
from typing import Protocol

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.odata import Query, in_list, json_list, list_slices, prefer, row_address
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.mapping_rows import COLUMNS, MAPPINGS, change_body, mapping_from, with_columns
from dataverse.psasync.records import Mapping, MappingChange, MappingId, SourceId
from dataverse.values import Row


class SettlementWish(Protocol):
    """What to write to a mapping row that the caller holds."""

    @property
    def held(self) -> Mapping: ...
    @property
    def change(self) -> MappingChange: ...


def write_settlements(client: DataverseClient, settlements: Sequence[SettlementWish]) -> dict[SourceId, Mapping]:
    """Write settled states in one batch with `If-Match`; return the rows as they are now, lost ones are absent.

    When the answer is lost the rows are read again, and those that hold what was to be written are settled. Raises as
    `write_guarded`.
    """

    def read_back(writes: Sequence[GuardedWrite[MappingId]]) -> dict[MappingId, Row]:
        queries = [
            Query(
                MAPPINGS,
                select=COLUMNS,
                filter=in_list("psasync_mappingid", "@ids"),
                aliases={"@ids": json_list(ids)},
            )
            for ids in list_slices(write.key for write in writes)
        ]
        read = client.read_many([Operation("GET", query.address()) for query in queries])
        return {MappingId(values.guid(row, "psasync_mappingid") or ""): row for rows in read.rows for row in rows}

    writes = [_settle_write(settlement) for settlement in settlements]
    settled = write_guarded(client, writes, read_back)
    return {mapping.source_id: mapping for mapping in map(mapping_from, settled.values())}


def _settle_write(settlement: SettlementWish) -> GuardedWrite[MappingId]:
    held, body = settlement.held, change_body(settlement.change)
    return GuardedWrite(
        key=held.id,
        operation=Operation(
            "PATCH",
            with_columns(row_address(MAPPINGS, held.id)),
            body,
            {"If-Match": held.etag, **prefer(representation=True)},
        ),
        etag=held.etag,
        is_ours=lambda row: values.holds(row, body),
    )
