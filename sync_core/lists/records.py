"""The lists of products, accounts and billing contracts."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass

from dataverse.psasync.records import Connector, ConnectorId, EntraObjectId, Mapping, MappingKind, SourceId
from dataverse.work365.linked.records import LinkedRow
from sync_core.lists.missing_steps import step_before_row
from sync_core.lists.paging import Key, ListPage, ListQuestion, holds, is_mapped, is_shown, page_of
from sync_core.lists.ports import ListServices
from sync_core.prerequisites import Prerequisite


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A row of Work 365 and its integration record, if there is one; `prerequisite` is a step that must come first."""

    row: LinkedRow
    mapping: Mapping | None
    prerequisite: Prerequisite | None = None


@dataclass(frozen=True, slots=True)
class JoinedRows:
    """All rows of a kind that a person may read, and all mappings of this kind on the connector.

    `companies` are those of the mapped accounts, read with billing contracts only.
    """

    kind: MappingKind
    connector: Connector
    records: Sequence[ListedRecord]
    mappings: Sequence[Mapping]
    companies: ReadOnly[SourceId, int]


def join_rows(
    services: ListServices, kind: MappingKind, connector_id: ConnectorId, *, person: EntraObjectId
) -> JoinedRows:
    """Read all rows of a kind and their mappings, in two requests for 5,000 rows, three for billing contracts.

    Raises RecordRejected without a connector, and the errors of Dataverse.
    """
    connector = services.connectors.existing(connector_id).connector
    mappings = {one.source_id: one for one in services.all_mappings.of_kind(connector_id, kind)}
    companies = _companies_of_accounts(services, kind, connector_id)
    records = [
        ListedRecord(row, mapping, step_before_row(row, mapping, companies))
        for row in services.rows_as(person).all_rows(kind)
        for mapping in (mappings.get(row.id),)
    ]
    return JoinedRows(kind, connector, records, list(mappings.values()), companies)


def _companies_of_accounts(
    services: ListServices, kind: MappingKind, connector_id: ConnectorId
) -> ReadOnly[SourceId, int]:
    """Return the accounts that have a company: a billing contract needs one."""
    if kind is not MappingKind.BILLING_CONTRACT:
        return {}
    accounts = services.all_mappings.of_kind(connector_id, MappingKind.ACCOUNT)
    return {one.source_id: one.psa_id for one in accounts if one.psa_id is not None and is_mapped(one)}


def page_of_rows(joined: JoinedRows, question: ListQuestion) -> ListPage[ListedRecord]:
    """Return a page of the rows that the question is about; raises CursorInvalid."""
    matching = (
        one
        for one in joined.records
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
