"""Show what a Save of rows would do, by the plans of the Save, and stop before the first write (decision D8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataverse.psasync.records import ConnectorId, EntraObjectId
from sync_core.push_rows.planning import plan_rows
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.reading import read_rows, row_sources
from sync_core.push_rows.services import PushRowsServices
from sync_core.push_rows.wishes import KINDS, RowKindName, RowWish
from sync_core.push_rows.wording import planned_message


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of a preview, with the sentence that a person reads."""

    plan: RowPlan
    message: str


def preview_rows(
    services: PushRowsServices,
    *,
    connector_id: ConnectorId,
    kind: RowKindName,
    wishes: Sequence[RowWish],
    requested_by: EntraObjectId,
) -> list[PlannedRow]:
    """Return the plans of a Save in the order of the wishes; nothing is written to either system.

    Raises RecordRejected when the connector does not exist; errors of the clients pass through.
    """
    connector = services.existing_connector(connector_id)
    mapping_kind = KINDS[kind]
    sources = row_sources(services, connector, mapping_kind, services.rows_as(requested_by))
    read = read_rows(services, sources, [wish.source_id for wish in wishes])
    return [PlannedRow(plan, planned_message(plan, mapping_kind)) for plan in plan_rows(sources, read, wishes)]
