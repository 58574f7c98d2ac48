"""Keep Work 365's own columns equal to our mapping rows, on best effort: the mapping row is the record (decision D7).

Each column set is written only while the line is at the ETag that was read before its mapping row. A worker that was
frozen in between can therefore never put an old status over a newer one: its write is refused, and it reads again.
"""

from collections.abc import Iterable, Sequence

from dataverse.errors import DataverseError
from dataverse.psasync.records import ConnectorId, MappingKind, MappingStatus, SourceId
from dataverse.work365.records import InvoiceLineId, LineMirror
from sync_core.classify import classify
from sync_core.ports import Ledger, Work365
from sync_core.push.settling import mirror_of_row

ROUNDS = 3
"""How often a line that changes all the time is tried; the reconciliation finds what is left."""


def mirror_lines(
    mirrors: Sequence[LineMirror], *, work365: Work365, ledger: Ledger, connector_id: ConnectorId
) -> dict[InvoiceLineId, str]:
    """Write the mirrors; return a note for each line whose columns could not be written."""
    notes: dict[InvoiceLineId, str] = {}
    waiting = list(mirrors)
    try:
        for _ in range(ROUNDS):
            if not waiting:
                return notes
            report = work365.mirror_lines(waiting)
            notes.update(report.refused)
            waiting = _read_again(report.changed, work365, ledger, connector_id) if report.changed else []
    except DataverseError as error:
        reason = classify(error, writing=True).user_message
    else:
        reason = "somebody is editing the line."
    notes.update({mirror.line_id: reason for mirror in waiting})
    return notes


def _read_again(
    line_ids: Iterable[InvoiceLineId], work365: Work365, ledger: Ledger, connector_id: ConnectorId
) -> list[LineMirror]:
    """Read the lines first and their rows after: a row that changes later is mirrored by whoever changes it."""
    wanted = sorted(line_ids)
    lines = work365.read_lines(wanted).lines
    rows = ledger.read_mappings(
        connector_id, {MappingKind.INVOICE_LINE: [SourceId(line_id) for line_id in wanted]}
    ).by_source
    mirrors = []
    for line in lines.values():
        row = rows.get((MappingKind.INVOICE_LINE, SourceId(line.id)))
        if row is not None and row.status is not MappingStatus.SYNCING:
            mirrors.append(mirror_of_row(line, row))
    return mirrors
