"""What an import would do: the very plans of the import, and which unmapped rows surely are the same record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectwise.directory.records import ListKind
from connectwise.records import Agreement, CompanyId
from dataverse.psasync.records import ConnectorId, EntraObjectId, MappingKind
from dataverse.work365.imports.records import RowId, RowKind
from dataverse.work365.records import AccountId
from sync_core.pull.agreements import Customer, CustomersOf, agreement_plans
from sync_core.pull.chunk import import_sources
from sync_core.pull.companies import ImportSources, Wishes, company_plans
from sync_core.pull.identity import import_row_id
from sync_core.pull.matching import Candidates, Suggestion
from sync_core.pull.plans import ImportPlan
from sync_core.pull.services import PullServices
from sync_core.pull.wording import planned_message


@dataclass(frozen=True, slots=True)
class PlannedImport:
    """One record of a preview, with the sentence that a person reads."""

    plan: ImportPlan
    message: str


def preview_pull(
    services: PullServices,
    *,
    connector_id: ConnectorId,
    kind: ListKind,
    wishes: Wishes,
    requested_by: EntraObjectId,
    import_customers: bool = False,
) -> list[PlannedImport]:
    """Return what an import of these records would do, in their order; nothing is written."""
    connector = services.existing_connector(connector_id)
    sources = import_sources(services, connector, services.work365_as(requested_by))
    if kind is ListKind.COMPANY:
        plans = company_plans(sources, wishes)
    else:
        finds = _planned_customers(connector_id) if import_customers else (lambda _, mapped: mapped)
        plans = agreement_plans(sources, services.psa_of(connector), wishes, finds)
    mapping_kind = MappingKind.ACCOUNT if kind is ListKind.COMPANY else MappingKind.BILLING_CONTRACT
    joined = {RowId(one.source_id) for one in services.mapped.by_psa_id(connector_id, mapping_kind).values()}
    suggested = _suggestions(sources, kind, plans, joined)
    with_suggestions = (replace(plan, suggestion=suggested.get(plan.psa_id)) for plan in plans.values())
    return [PlannedImport(plan, _message(plan)) for plan in with_suggestions]


def _message(plan: ImportPlan) -> str:
    return plan.objection.message if plan.objection is not None else planned_message(plan)


def _planned_customers(connector_id: ConnectorId) -> CustomersOf:
    def customers(
        agreements: Mapping[int, Agreement], mapped: Mapping[CompanyId, AccountId]
    ) -> Mapping[CompanyId, Customer]:
        companies = {CompanyId(agreement.company.id) for agreement in agreements.values()}
        planned = {one: AccountId(import_row_id(connector_id, RowKind.ACCOUNT, one)) for one in companies}
        return {**planned, **mapped}

    return customers


def _suggestions(
    sources: ImportSources, kind: ListKind, plans: Mapping[int, ImportPlan], joined: set[RowId]
) -> Mapping[int, Suggestion]:
    """Return matches for records that would be created; the rows are read only if there are such records."""
    new = [plan for plan in plans.values() if plan.action == "create"]
    if not new:
        return {}
    row_kind = RowKind.ACCOUNT if kind is ListKind.COMPANY else RowKind.BILLING_CONTRACT
    candidates = Candidates(sources.work365.candidates(row_kind), joined=joined)
    found = {plan.psa_id: _match(plan, kind, candidates) for plan in new}
    return {psa_id: suggestion for psa_id, suggestion in found.items() if suggestion is not None}


def _match(plan: ImportPlan, kind: ListKind, candidates: Candidates) -> Suggestion | None:
    columns = {change.column.partition(".")[2]: change.after for change in plan.changes}
    if kind is ListKind.COMPANY:
        return candidates.account(plan.psa_name, plan.numbers)
    account = columns.get("account")
    return candidates.billing_contract(plan.psa_name, AccountId(str(account))) if account is not None else None
