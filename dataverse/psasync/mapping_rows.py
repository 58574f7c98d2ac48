"""`psasync_mapping` as rows of the Web API: addresses, columns, and records from and to rows."""

from collections.abc import Iterable
from typing import Any

from dataverse import values
from dataverse.batch import Operation
from dataverse.odata import Query, guid_literal, in_list, json_list, key_address, list_slices
from dataverse.psasync.records import (
    ConnectorId,
    Mapping,
    MappingChange,
    MappingId,
    MappingKind,
    MappingStatus,
    SourceId,
)
from dataverse.values import Row

MAPPINGS = "psasync_mappings"

LONGEST_NAME = 200
LONGEST_MESSAGE = 4_000
LONGEST_LINK = 500

COLUMNS = (
    "psasync_mappingid",
    "_psasync_connectorid_value",
    "psasync_kind",
    "psasync_sourceid",
    "psasync_psaid",
    "psasync_psaname",
    "psasync_psaparentid",
    "psasync_psalink",
    "psasync_status",
    "psasync_statusmessage",
    "psasync_lastsyncedon",
    "psasync_pushedamount",
    "psasync_pushedquantity",
    "psasync_pushedhash",
    "psasync_claimedby",
    "psasync_claimeduntil",
    "psasync_attempts",
)


ROW_LOOKUPS = {
    MappingKind.ACCOUNT: "psasync_accountid",
    MappingKind.PRODUCT: "psasync_productid",
    MappingKind.BILLING_CONTRACT: "psasync_billingcontractid",
}
"""The lookup to the Work 365 row, which the subgrid of its form needs, of each kind that is mapped by row."""


def mapping_from(row: Row) -> Mapping:
    """Return the record of a row that holds `COLUMNS`."""
    return Mapping(
        id=MappingId(values.required(values.guid(row, "psasync_mappingid"), "psasync_mappingid")),
        etag=values.etag(row),
        connector_id=ConnectorId(values.guid(row, "_psasync_connectorid_value") or ""),
        kind=MappingKind(values.required(values.whole(row, "psasync_kind"), "psasync_kind")),
        source_id=SourceId(values.required(values.guid(row, "psasync_sourceid"), "psasync_sourceid")),
        psa_id=values.whole(row, "psasync_psaid"),
        psa_name=values.text(row, "psasync_psaname"),
        psa_parent_id=values.whole(row, "psasync_psaparentid"),
        status=MappingStatus(values.whole(row, "psasync_status") or MappingStatus.NOT_SYNCED),
        status_message=values.text(row, "psasync_statusmessage"),
        last_synced_on=values.moment(row, "psasync_lastsyncedon"),
        pushed_amount=values.exact(row, "psasync_pushedamount"),
        pushed_quantity=values.exact(row, "psasync_pushedquantity"),
        pushed_hash=values.text(row, "psasync_pushedhash"),
        claimed_by=values.text(row, "psasync_claimedby"),
        claimed_until=values.moment(row, "psasync_claimeduntil"),
        attempts=values.whole(row, "psasync_attempts") or 0,
        psa_link=values.text(row, "psasync_psalink"),
    )


def change_body(change: MappingChange) -> dict[str, Any]:
    """Return the columns of a change as they will be stored, so that they can be compared with a row."""
    return {
        "psasync_status": int(change.status),
        "psasync_statusmessage": values.fitted(change.status_message, LONGEST_MESSAGE),
        "psasync_psaid": change.psa_id,
        "psasync_psaname": values.fitted(change.psa_name, LONGEST_NAME),
        "psasync_psaparentid": change.psa_parent_id,
        "psasync_psalink": values.fitted(change.psa_link, LONGEST_LINK),
        "psasync_lastsyncedon": values.stored_time(change.last_synced_on),
        "psasync_pushedamount": values.stored_decimal(change.pushed_amount),
        "psasync_pushedquantity": values.stored_decimal(change.pushed_quantity),
        "psasync_pushedhash": change.pushed_hash,
        "psasync_claimedby": change.claimed_by,
        "psasync_claimeduntil": values.stored_deadline(change.claimed_until),
        "psasync_attempts": change.attempts,
    }


def mapping_address(connector_id: ConnectorId, kind: MappingKind, source_id: str) -> str:
    """Return the address by the alternate key; its values must not be repeated in a body (Dataverse: upsert)."""
    key: dict[str, str | int] = {
        "_psasync_connectorid_value": connector_id,
        "psasync_kind": int(kind),
        "psasync_sourceid": guid_literal(source_id),
    }
    return key_address(MAPPINGS, key)


def with_columns(address: str) -> str:
    """Return the address with `COLUMNS` selected."""
    return Query(address, select=COLUMNS).address()


def mapping_queries(connector_id: ConnectorId, kind: MappingKind, source_ids: Iterable[str]) -> list[Operation]:
    """Return the queries for the mappings of these records on one connector."""
    wanted = dict.fromkeys(guid_literal(source_id) for source_id in source_ids)
    return _queries(connector_id, kind, "psasync_sourceid", wanted)


def psa_queries(connector_id: ConnectorId, kind: MappingKind, psa_ids: Iterable[int]) -> list[Operation]:
    """Return the queries for the mappings of a kind on one connector that name these ConnectWise ids."""
    return _queries(connector_id, kind, "psasync_psaid", (str(psa_id) for psa_id in sorted(set(psa_ids))))


def _queries(connector_id: ConnectorId, kind: MappingKind, column: str, wanted: Iterable[str]) -> list[Operation]:
    condition = f"_psasync_connectorid_value eq {guid_literal(connector_id)} and psasync_kind eq {int(kind)} and "
    return [
        Operation(
            "GET",
            Query(
                MAPPINGS,
                select=COLUMNS,
                filter=condition + in_list(column, "@ids"),
                aliases={"@ids": json_list(piece)},
            ).address(),
        )
        for piece in list_slices(wanted)
    ]
