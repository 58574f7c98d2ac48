"""Plan all rows of a chunk; nothing is written."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectwise.records import AgreementId, CatalogItemId, CompanyId
from dataverse.psasync.records import JobId, MappingKind, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import SourceRow
from sync_core.linking.targets import NOUNS
from sync_core.push_rows.account_plans import COMPANY_EXISTS, account_plans
from sync_core.push_rows.contract_plans import contract_plans
from sync_core.push_rows.map_plans import map_plans
from sync_core.push_rows.plans import Existing, RowObjection, RowPlan, is_joined, is_settled, object_to, row_not_found
from sync_core.push_rows.product_plans import IDENTIFIER_TAKEN, product_plans
from sync_core.push_rows.reading import RowSources, RowsRead, settled_before
from sync_core.push_rows.wishes import RowWish

_CREATION_PLANS: Mapping[MappingKind, Callable[[RowSources, RowsRead, Sequence[RowWish]], Iterable[RowPlan]]] = {
    MappingKind.PRODUCT: product_plans,
    MappingKind.ACCOUNT: account_plans,
    MappingKind.BILLING_CONTRACT: contract_plans,
}

_SEEN_IN_PSA = frozenset({COMPANY_EXISTS, IDENTIFIER_TAKEN})
"""Objections that come from a record of ConnectWise of which our own records say nothing."""


def plan_rows(
    sources: RowSources, read: RowsRead, wishes: Sequence[RowWish], *, job_id: JobId | None = None
) -> list[RowPlan]:
    """Return a plan for each wish, in their order; the errors of both clients pass through."""
    plans: dict[SourceId, RowPlan] = {}
    for wish in wishes:
        settled = settled_before(wish, read, job_id) or _not_found(sources.kind, wish, read)
        if settled is not None:
            plans[wish.source_id] = settled
    rest = [wish for wish in wishes if wish.source_id not in plans]
    to_map = [wish for wish in rest if wish.action == "map"]
    joined = [wish for wish in rest if wish.action == "create" and is_joined(read.mappings.get(wish.source_id))]
    planned = {wish.source_id for wish in (*to_map, *joined)}
    to_create = [wish for wish in rest if wish.source_id not in planned]
    found = [
        *_kept(sources, read, joined),
        *(map_plans(sources, read, to_map) if to_map else ()),
        *(_CREATION_PLANS[sources.kind](sources, read, to_create) if to_create else ()),
    ]
    plans |= {plan.wish.source_id: plan for plan in _without_overtaken(sources, found)}
    return [plans[wish.source_id] for wish in wishes]


def _without_overtaken(sources: RowSources, plans: Sequence[RowPlan]) -> Iterable[RowPlan]:
    """Leave rows to whoever created their record after their integration records were read and before the look-up.

    Such a record looks like one of somebody else's; our own, read again, tells that it is not.
    """
    taken = [plan for plan in plans if plan.objection is not None and plan.objection.code in _SEEN_IN_PSA]
    if not taken:
        return plans
    source_ids = [plan.wish.source_id for plan in taken]
    now = sources.ledger.read_mappings(sources.connector.id, {sources.kind: source_ids}).by_source
    current = {source_id: now.get((sources.kind, source_id)) for source_id in source_ids}
    return [_overtaken(plan, current) if plan.wish.source_id in current else plan for plan in plans]


def _overtaken(plan: RowPlan, current: Mapping[SourceId, PsaMapping | None]) -> RowPlan:
    mapping = current[plan.wish.source_id]
    before = plan.mapping.etag if plan.mapping is not None else None
    is_as_read = (mapping.etag if mapping is not None else None) == before
    return plan if is_as_read else RowPlan(plan.wish, "leave", plan.row, mapping)


def _not_found(kind: MappingKind, wish: RowWish, read: RowsRead) -> RowPlan | None:
    """A row that is gone may still have a record in the making, which is looked for first."""
    mapping = read.mappings.get(wish.source_id)
    if wish.source_id in read.rows or (wish.action == "create" and mapping is not None and not is_joined(mapping)):
        return None
    return object_to(wish, None, mapping, row_not_found(kind))


def _kept(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> Iterable[RowPlan]:
    """A row that is mapped is left as it is, whatever Work 365 says now: price and names go over once."""
    if not wishes:
        return
    psa_ids = sorted({mapping.psa_id for wish in wishes if (mapping := read.mappings[wish.source_id]).psa_id})
    names = _names_of(sources, psa_ids)
    noun = NOUNS[sources.kind][1]
    for wish in wishes:
        mapping, row = read.mappings[wish.source_id], read.rows[wish.source_id]
        name = names.get(mapping.psa_id or 0)
        if name is not None:
            yield _kept_row(wish, row, mapping, name)
            continue
        gone = RowObjection(
            "psa_record_missing",
            f'The {noun} "{mapping.psa_name or mapping.psa_id}" does not exist in ConnectWise any more; '
            "remove the mapping and save again.",
            "failed",
        )
        yield object_to(wish, row, mapping, gone)


def _kept_row(wish: RowWish, row: SourceRow, mapping: PsaMapping, name: str) -> RowPlan:
    if is_settled(mapping):
        return RowPlan(wish, "keep", row, mapping)
    # a run died while it mapped the row anew: the record says again what it is joined to
    existing = Existing(mapping.psa_id or 0, name)
    return RowPlan(wish, "create", row, mapping, existing=existing, intent=mapping.psa_name or name)


def _names_of(sources: RowSources, psa_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of those that exist in ConnectWise."""
    match sources.kind:
        case MappingKind.PRODUCT:
            items = sources.targets.catalog_items([CatalogItemId(one) for one in psa_ids])
            return {item.id: item.identifier for item in items.values()}
        case MappingKind.ACCOUNT:
            companies = sources.creation.companies([CompanyId(one) for one in psa_ids])
            return {company.id: company.name for company in companies.values() if not company.is_deleted}
        case _:
            agreements = sources.targets.agreements([AgreementId(one) for one in psa_ids])
            return {agreement.id: agreement.name for agreement in agreements.values()}
