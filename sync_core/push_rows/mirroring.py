"""Keep Work 365's own columns of rows equal to our integration records, on best effort (decision D7).

As `sync_core.push.mirroring`: each write waits for the ETag that was read before the integration record.
"""

from collections.abc import Collection, Mapping, Sequence

from dataverse.errors import DataverseError
from dataverse.psasync.records import ConnectorId, MappingKind, SourceId
from dataverse.work365.sources.records import RowMirror
from sync_core.classify import classify
from sync_core.ports import Ledger
from sync_core.push_rows.plans import is_settled
from sync_core.push_rows.ports import SourceRows
from sync_core.push_rows.reading import rows_of_kind
from sync_core.push_rows.settling import mirror_of

ROUNDS = 3
"""How often a row that changes all the time is tried; the reconciliation finds what is left."""


def mirror_rows(
    mirrors: Sequence[RowMirror], *, kind: MappingKind, rows: SourceRows, ledger: Ledger, connector_id: ConnectorId
) -> Mapping[SourceId, str]:
    """Write the mirrors; return a note for each row whose columns could not be written."""
    notes: dict[SourceId, str] = {}
    waiting = list(mirrors)
    try:
        for _ in range(ROUNDS):
            if not waiting:
                return notes
            report = rows.mirror_rows(kind, waiting)
            notes |= {SourceId(source_id): reason for source_id, reason in report.refused.items()}
            changed = {SourceId(source_id) for source_id in report.changed}
            waiting = _read_again(changed, kind, rows, ledger, connector_id) if changed else []
    except DataverseError as error:
        reason = classify(error, writing=True).user_message
    else:
        reason = "somebody is editing the row."
    return notes | {mirror.source_id: reason for mirror in waiting}


def _read_again(
    source_ids: Collection[SourceId], kind: MappingKind, rows: SourceRows, ledger: Ledger, connector_id: ConnectorId
) -> list[RowMirror]:
    """Read the rows first and their records after: a record that changes later is mirrored by whoever changes it."""
    wanted = sorted(source_ids)
    current = rows_of_kind(rows, kind, wanted)
    mappings = ledger.read_mappings(connector_id, {kind: wanted}).by_source
    joined = ((row, mappings.get((kind, row.id))) for row in current.values())
    mirrors = (mirror_of(row, mapping) for row, mapping in joined if mapping is not None and is_settled(mapping))
    return [mirror for mirror in mirrors if mirror is not None]
