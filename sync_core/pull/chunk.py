"""One chunk of an import job: read fresh, plan, write, settle the items."""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from connectwise.records import Agreement, CompanyId
from dataverse.psasync.records import (
    Connector,
    ItemOutcome,
    Job,
    JobItem,
    JobItemChange,
    JobKind,
    LogEntry,
    MappingKind,
    ServerTime,
    SourceId,
)
from dataverse.work365.imports.records import ColumnValue, RowId, RowKind
from dataverse.work365.records import AccountId
from sync_core.errors import ConfigurationFault
from sync_core.policies import policies_from_properties
from sync_core.pull import objections
from sync_core.pull.agreements import Customer, CustomersOf, Elsewhere, agreement_plans
from sync_core.pull.columns import DEFAULT_POLICIES
from sync_core.pull.companies import ImportSources, Wishes, company_plans
from sync_core.pull.ports import PullWork365
from sync_core.pull.services import PullServices
from sync_core.pull.writing import ImportResult, ImportRun, carry_out
from sync_core.work.chunk import ChunkReport, ChunkRunner

RECORD_ALONE = "import"
CUSTOMER_FIRST = "import_with_customer"
"""Action of an item whose customer is imported first when it is not mapped; as long as the column allows."""

LOOK_AGAIN_SECONDS = 30.0
"""When to look again at records that another import holds, or that somebody changed at the same moment."""


def pull_runner(services: PullServices) -> ChunkRunner:
    """Return what works on chunks of companies or agreements."""

    def run(job: Job, items: Sequence[JobItem]) -> ChunkReport:
        return _ChunkRun(services, job, items).run()

    return run


def import_sources(services: PullServices, connector: Connector, work365: PullWork365) -> ImportSources:
    """Return where plans read from; raises ConfigurationFault for properties that are not valid."""
    policies = policies_from_properties(connector.properties)
    return ImportSources(
        connector_id=connector.id,
        policies={**DEFAULT_POLICIES, **policies.pull_columns},
        mappings=services.mappings,
        ledger=services.ledger,
        work365=work365,
        directory=services.directory_of(connector),
    )


class _ChunkRun:
    """The work on the open items of one chunk by one worker."""

    def __init__(self, services: PullServices, job: Job, items: Sequence[JobItem]) -> None:
        self._services = services
        self._job = job
        self._items = {item.psa_id: item for item in items if item.psa_id is not None}
        self._claimed_by = f"{job.id}/{uuid.uuid4()}"
        self._log: list[LogEntry] = []

    def run(self) -> ChunkReport:
        """Work through the items; the faults of `work_chunk` pass through."""
        connector = self._connector()
        work365 = self._services.work365_as(self._job.requested_by)
        sources = import_sources(self._services, connector, work365)
        time = self._services.jobs.server_time()
        wishes = {psa_id: _link(item) for psa_id, item in self._items.items()}
        if self._job.kind is JobKind.COMPANY:
            results = self._import_companies(sources, wishes, time)
        else:
            plans = agreement_plans(sources, self._services.psa_of(connector), wishes, self._customers(sources, time))
            run = self._run_of(sources, RowKind.BILLING_CONTRACT, MappingKind.BILLING_CONTRACT, time)
            results = carry_out(plans.values(), run, ledger=sources.ledger, work365=work365)
        self._settle(results.values(), time)
        open_items = sum(result.outcome is ItemOutcome.PENDING for result in results.values())
        return ChunkReport(open_items, LOOK_AGAIN_SECONDS if open_items else None)

    def _import_companies(self, sources: ImportSources, wishes: Wishes, time: ServerTime) -> Mapping[int, ImportResult]:
        run = self._run_of(sources, RowKind.ACCOUNT, MappingKind.ACCOUNT, time)
        return carry_out(company_plans(sources, wishes).values(), run, ledger=sources.ledger, work365=sources.work365)

    def _customers(self, sources: ImportSources, time: ServerTime) -> CustomersOf:
        """Return what finds the customers of agreements, and imports those first that the request asks for."""

        def customers(
            agreements: Mapping[int, Agreement], mapped: Mapping[CompanyId, AccountId]
        ) -> Mapping[CompanyId, Customer]:
            wanted = {
                agreement.company.id: agreement
                for psa_id, agreement in agreements.items()
                if self._items[psa_id].action == CUSTOMER_FIRST and CompanyId(agreement.company.id) not in mapped
            }
            found: dict[CompanyId, Customer] = dict(mapped)
            if wanted:
                results = self._import_companies(sources, dict.fromkeys(sorted(wanted)), time)
                self._log_writes(results.values(), time)
                for company_id, result in results.items():
                    found[CompanyId(company_id)] = _customer_of(result, wanted[company_id])
            return found

        return customers

    def _run_of(
        self, sources: ImportSources, row_kind: RowKind, mapping_kind: MappingKind, time: ServerTime
    ) -> ImportRun:
        return ImportRun(
            connector_id=sources.connector_id,
            row_kind=row_kind,
            mapping_kind=mapping_kind,
            claimed_by=self._claimed_by,
            claimed_until=time.at + timedelta(seconds=self._services.timing.lease),
            now=time.at,
        )

    def _connector(self) -> Connector:
        connector = self._services.mappings.connector(self._job.connector_id)
        if connector is None:
            raise ConfigurationFault(
                user_message="The connector of this job was deleted; choose another connector and import again.",
                code="connector_missing",
            )
        return connector

    def _settle(self, results: Collection[ImportResult], time: ServerTime) -> None:
        self._log_writes(results, time)
        changes = [
            JobItemChange(
                id=self._items[result.plan.psa_id].id,
                outcome=result.outcome,
                code=result.code,
                message=result.message,
                psa_id=result.plan.psa_id,
                psa_parent_id=result.plan.psa_parent_id,
                source_id=_reached(result),
            )
            for result in results
            if result.outcome is not ItemOutcome.PENDING
        ]
        if changes:
            self._services.jobs.settle_items(changes, self._log)

    def _log_writes(self, results: Collection[ImportResult], time: ServerTime) -> None:
        self._log.extend(
            LogEntry(
                job_id=self._job.id,
                connector_id=self._job.connector_id,
                when=time.at,
                who=self._job.requested_by,
                what=f"imported {'company' if result.plan.psa_parent_id is None else 'agreement'} {result.plan.psa_id}",
                source_id=None if result.plan.source_id is None else SourceId(result.plan.source_id),
                psa_id=result.plan.psa_id,
                before=_columns_text({change.column: change.before for change in result.plan.all_changes()}),
                after=_columns_text({change.column: change.after for change in result.plan.all_changes()}),
                vendor_status=None,
                request_ids=None,
                correlation_id=self._job.correlation_id,
            )
            for result in results
            if result.is_written
        )


def _link(item: JobItem) -> RowId | None:
    return None if item.source_id is None else RowId(item.source_id)


def _reached(result: ImportResult) -> SourceId | None:
    """The row that the record is joined to now; a request to link keeps its own when it fails."""
    done = result.outcome in {ItemOutcome.CREATED, ItemOutcome.UPDATED, ItemOutcome.UNCHANGED}
    return SourceId(result.plan.source_id) if done and result.plan.source_id is not None else None


def _customer_of(result: ImportResult, agreement: Agreement) -> Customer:
    reached = _reached(result)
    if reached is not None:
        return AccountId(reached)
    if result.outcome is ItemOutcome.PENDING:
        return Elsewhere.HELD
    return objections.customer_not_imported(agreement, result.message)


def _columns_text(columns: Mapping[str, ColumnValue]) -> str:
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in columns.items()}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True)
