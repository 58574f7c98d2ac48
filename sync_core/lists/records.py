"""The lists of products, accounts and billing contracts."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import EntraObjectId, Mapping, MappingKind
from dataverse.work365.linked.records import LinkedRow
from sync_core.lists.paging import Key, ListPage, ListQuestion, holds, is_shown, page_of
from sync_core.lists.ports import ListServices


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A row of Work 365 and its integration record, if there is one."""

    row: LinkedRow
    mapping: Mapping | None


def list_rows(
    services: ListServices, kind: MappingKind, question: ListQuestion, *, person: EntraObjectId
) -> ListPage[ListedRecord]:
    """Return a page of what the person may read, from two requests for 5,000 rows.

    Raises RecordRejected without a connector, CursorInvalid, and the errors of Dataverse.
    """
    services.connectors.existing(question.connector_id)
    mappings = {one.source_id: one for one in services.all_mappings.of_kind(question.connector_id, kind)}
    joined = (ListedRecord(row, mappings.get(row.id)) for row in services.rows_as(person).all_rows(kind))
    matching = (
        one
        for one in joined
        if is_shown(question.view, one.mapping)
        and holds(question.search, one.row.name, one.row.number, one.row.account_name, _psa_name(one))
    )
    return page_of(matching, _key_of(question), question)


def _psa_name(one: ListedRecord) -> str | None:
    return None if one.mapping is None else one.mapping.psa_name


def _key_of(question: ListQuestion) -> Callable[[ListedRecord], Key]:
    if question.sort.endswith("number"):
        return lambda one: ((one.row.number or "").casefold(), one.row.id)
    return lambda one: (one.row.name.casefold(), one.row.id)
