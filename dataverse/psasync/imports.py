"""Integration records as an import needs them: by ConnectWise id, and followed as a whole."""

import contextlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient, TrackedRows
from dataverse.errors import RequestInvalid
from dataverse.odata import Query, guid_literal, in_list, json_list, list_slices, prefer, row_address
from dataverse.psasync.guarded import GuardedWrite, write_guarded
from dataverse.psasync.mapping_rows import COLUMNS, MAPPINGS, change_body, mapping_from, psa_queries, with_columns
from dataverse.psasync.records import (
    ConnectorId,
    MappedRecord,
    MappingChanges,
    MappingId,
    MappingKind,
    MappingsOfPsa,
    MappingStatus,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.settlements import SettlementWish
from dataverse.values import Row
from dataverse.work365.schema import Work365Schema

_NAMESPACE = uuid.UUID("5c3c5f0e-3a53-4c0b-9d5e-6f1f7a2f4b11")
_HELD_MESSAGE = "Being imported from ConnectWise."

_LOOKUPS = {
    MappingKind.ACCOUNT: "psasync_accountid",
    MappingKind.BILLING_CONTRACT: "psasync_billingcontractid",
}
_FOLLOWED = (
    "psasync_mappingid",
    "_psasync_connectorid_value",
    "psasync_kind",
    "psasync_sourceid",
    "psasync_psaid",
    "psasync_status",
    "psasync_statusmessage",
)


class HoldWish(Protocol):
    """A wish to hold the integration record of one ConnectWise record while Work 365's row is written.

    `source_id` is the Work 365 row that it is to be joined to; `existing` the record as it was read, None to make it.
    """

    @property
    def kind(self) -> MappingKind: ...
    @property
    def psa_id(self) -> int: ...
    @property
    def source_id(self) -> SourceId: ...
    @property
    def existing(self) -> PsaMapping | None: ...
    @property
    def claimed_by(self) -> str: ...
    @property
    def claimed_until(self) -> datetime: ...


def import_mapping_id(connector_id: ConnectorId, kind: MappingKind, psa_id: int) -> MappingId:
    """Return the primary key of the integration record that an import makes.

    It follows from what is imported, so that two processes that import the same record make the same row: the key of
    the table decides who was first, not a look-up before.
    """
    return MappingId(str(uuid.uuid5(_NAMESPACE, f"mapping/{guid_literal(connector_id)}/{int(kind)}/{psa_id}")))


class ImportLedger:
    """Integration records of imports, with the rights of the client it is given."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._targets = {
            MappingKind.ACCOUNT: schema.account.entity_set,
            MappingKind.BILLING_CONTRACT: schema.billing_contract.entity_set,
        }

    def mappings_of_psa(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Collection[int]]
    ) -> MappingsOfPsa:
        """Return the records that are joined to these ConnectWise ids, and those of unfinished imports of them.

        In one request for 1,000 queries.
        """
        made = {
            kind: {import_mapping_id(connector_id, kind, psa_id): psa_id for psa_id in psa_ids}
            for kind, psa_ids in wanted.items()
        }
        queries = [
            query
            for kind, psa_ids in wanted.items()
            for query in (*psa_queries(connector_id, kind, psa_ids), *_by_id(made[kind]))
        ]
        if not queries:
            return MappingsOfPsa({}, {}, self._client.server_time())
        read = self._client.read_many(queries)
        joined: dict[tuple[MappingKind, int], PsaMapping] = {}
        unfinished: dict[tuple[MappingKind, int], PsaMapping] = {}
        found = {mapping.id: mapping for rows in read.rows for mapping in map(mapping_from, rows)}
        for mapping in sorted(found.values(), key=lambda one: one.id):
            if mapping.psa_id is not None:
                joined.setdefault((mapping.kind, mapping.psa_id), mapping)
            elif mapping.id in made.get(mapping.kind, {}):
                unfinished[mapping.kind, made[mapping.kind][mapping.id]] = mapping
        return MappingsOfPsa(joined, unfinished, read.server_time)

    def hold(self, connector_id: ConnectorId, holds: Sequence[HoldWish]) -> Mapping[int, PsaMapping]:
        """Make or take over the records in one batch; return those that are ours now, by ConnectWise id.

        A record that somebody else made or changed in between is absent; so is one whose Work 365 row is joined to
        another ConnectWise record already (alternate key). Raises as `write_guarded`.
        """
        writes = [_hold_write(connector_id, hold) for hold in holds]
        ids = {write.key: hold.psa_id for write, hold in zip(writes, holds, strict=True)}
        return {ids[key]: mapping_from(row) for key, row in write_guarded(self._client, writes, self._rows).items()}

    def settle_imports(self, settlements: Sequence[SettlementWish]) -> Collection[SourceId]:
        """Write settled states with `If-Match`, and the lookup that a form's subgrid needs; return what was written."""
        writes = [_settle_write(settlement, self._targets) for settlement in settlements]
        settled = write_guarded(self._client, writes, self._rows)
        return {mapping_from(row).source_id for row in settled.values()}

    def follow(self, delta_link: str | None) -> MappingChanges:
        """Return all joined accounts and billing contracts, or what changed since `delta_link`; also for other kinds.

        A link that Dataverse no longer takes (after 7 days) leads to a full read, which `is_full` says.
        """
        if delta_link is not None:
            with contextlib.suppress(RequestInvalid):  # expired, or the table was changed: a full read is asked for
                return _changes(self._client.tracked(Operation("GET", delta_link), keep=_is_followed), is_full=False)
        everything = Operation("GET", Query(MAPPINGS, select=_FOLLOWED).address())
        return _changes(self._client.tracked(everything, keep=_is_followed), is_full=True)

    def _rows(self, writes: Sequence[GuardedWrite[MappingId]]) -> dict[MappingId, Row]:
        read = self._client.read_many(_by_id(write.key for write in writes))
        return {MappingId(values.guid(row, "psasync_mappingid") or ""): row for rows in read.rows for row in rows}


def _by_id(mapping_ids: Iterable[MappingId]) -> list[Operation]:
    return [_get(in_list("psasync_mappingid", "@ids"), piece) for piece in list_slices(mapping_ids)]


def _get(condition: str, ids: Sequence[str]) -> Operation:
    query = Query(MAPPINGS, select=COLUMNS, filter=condition, aliases={"@ids": json_list(ids)})
    return Operation("GET", query.address())


def _hold_write(connector_id: ConnectorId, hold: HoldWish) -> GuardedWrite[MappingId]:
    body: dict[str, Any] = {
        "psasync_status": int(MappingStatus.SYNCING),
        "psasync_statusmessage": _HELD_MESSAGE,
        "psasync_claimedby": hold.claimed_by,
        "psasync_claimeduntil": values.stored_deadline(hold.claimed_until),
        "psasync_attempts": 1 + (hold.existing.attempts if hold.existing else 0),
    }
    if hold.existing is None:
        mapping_id = import_mapping_id(connector_id, hold.kind, hold.psa_id)
        body["psasync_name"] = hold.source_id
        body["psasync_connectorid@odata.bind"] = f"/psasync_connectors({guid_literal(connector_id)})"
        body["psasync_kind"] = int(hold.kind)
        condition = {"If-None-Match": "*"}
    else:
        mapping_id = hold.existing.id
        condition = {"If-Match": hold.existing.etag}
    if hold.existing is None or hold.existing.source_id != hold.source_id:
        body["psasync_sourceid"] = guid_literal(hold.source_id)
    return GuardedWrite(
        key=mapping_id,
        operation=Operation(
            "PATCH",
            with_columns(row_address(MAPPINGS, mapping_id)),
            body,
            {**condition, **prefer(representation=True)},
        ),
        etag=hold.existing.etag if hold.existing else None,
        is_ours=lambda row: values.text(row, "psasync_claimedby") == hold.claimed_by,
    )


def _settle_write(settlement: SettlementWish, targets: Mapping[MappingKind, str]) -> GuardedWrite[MappingId]:
    held, body = settlement.held, change_body(settlement.change)
    lookup = {}
    if settlement.change.psa_id is not None and held.kind in _LOOKUPS:
        lookup = {f"{_LOOKUPS[held.kind]}@odata.bind": f"/{targets[held.kind]}({guid_literal(held.source_id)})"}
    return GuardedWrite(
        key=held.id,
        operation=Operation(
            "PATCH",
            with_columns(row_address(MAPPINGS, held.id)),
            body | lookup,
            {"If-Match": held.etag, **prefer(representation=True)},
        ),
        etag=held.etag,
        is_ours=lambda row: values.holds(row, body),
    )


def _changes(tracked: TrackedRows, *, is_full: bool) -> MappingChanges:
    return MappingChanges(
        records=[_followed(row) for row in tracked.rows],
        gone=frozenset(MappingId(mapping_id) for mapping_id in tracked.deleted),
        delta_link=tracked.delta_link,
        is_full=is_full,
    )


def _is_followed(row: Row) -> bool:
    return values.whole(row, "psasync_kind") in _LOOKUPS


def _followed(row: Row) -> MappedRecord:
    return MappedRecord(
        id=MappingId(values.required(values.guid(row, "psasync_mappingid"), "psasync_mappingid")),
        connector_id=ConnectorId(values.guid(row, "_psasync_connectorid_value") or ""),
        kind=MappingKind(values.required(values.whole(row, "psasync_kind"), "psasync_kind")),
        source_id=SourceId(values.guid(row, "psasync_sourceid") or ""),
        psa_id=values.whole(row, "psasync_psaid"),
        status=MappingStatus(values.whole(row, "psasync_status") or MappingStatus.NOT_SYNCED),
        message=values.text(row, "psasync_statusmessage") or "",
    )
