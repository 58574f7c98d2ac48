"""Read what the plans of a chunk need, in a handful of requests, rows before their integration records.

A row's ETag that was read before its record lets the mirror of Work 365's columns never put an old state over a newer.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from dataverse.psasync.records import Connector, JobId, MappingKind, ServerTime, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import SourceAccount, SourceContract, SourceProduct, SourceRow
from sync_core.connectors.properties import ConnectorProperties
from sync_core.connectors.stored import read_properties
from sync_core.linking.ports import PsaCompanies, PsaTargets
from sync_core.ports import Ledger
from sync_core.push_rows.plans import RowPlan, is_joined, is_settled
from sync_core.push_rows.ports import PsaCreation, RowLedger, SourceRows
from sync_core.push_rows.services import PushRowsServices
from sync_core.push_rows.wishes import RowWish
from sync_core.work.claims import claimed_by_job


@dataclass(frozen=True, slots=True)
class RowSources:
    """Where plans read from: one connector, one kind, the rights of one person."""

    connector: Connector
    kind: MappingKind
    properties: ConnectorProperties
    rows: SourceRows
    ledger: Ledger
    claims: RowLedger
    creation: PsaCreation
    targets: PsaTargets
    companies: PsaCompanies


@dataclass(frozen=True, slots=True)
class RowsRead:
    """The rows of a chunk with their integration records, and those of the accounts of billing contracts."""

    rows: Mapping[SourceId, SourceRow]
    mappings: Mapping[SourceId, PsaMapping]
    accounts: Mapping[SourceId, PsaMapping]
    server_time: ServerTime

    def products(self) -> dict[SourceId, SourceProduct]:
        """Return the rows that are products."""
        return {row.id: row for row in self.rows.values() if isinstance(row, SourceProduct)}

    def account_rows(self) -> dict[SourceId, SourceAccount]:
        """Return the rows that are accounts."""
        return {row.id: row for row in self.rows.values() if isinstance(row, SourceAccount)}

    def contracts(self) -> dict[SourceId, SourceContract]:
        """Return the rows that are billing contracts."""
        return {row.id: row for row in self.rows.values() if isinstance(row, SourceContract)}

    def account_of(self, contract: SourceContract) -> PsaMapping | None:
        """Return the integration record of a contract's account."""
        return None if contract.account_id is None else self.accounts.get(SourceId(contract.account_id))


def row_sources(services: PushRowsServices, connector: Connector, kind: MappingKind, rows: SourceRows) -> RowSources:
    """Return where the plans of a connector read from; nothing is asked yet."""
    return RowSources(
        connector=connector,
        kind=kind,
        properties=read_properties(connector.properties).properties,
        rows=rows,
        ledger=services.ledger,
        claims=services.claims,
        creation=services.creation_of(connector),
        targets=services.targets_of(connector),
        companies=services.companies_of(connector),
    )


def read_rows(services: PushRowsServices, sources: RowSources, row_ids: Collection[SourceId]) -> RowsRead:
    """Return the rows and their integration records, from two requests."""
    rows = rows_of_kind(sources.rows, sources.kind, row_ids)
    wanted: dict[MappingKind, Sequence[SourceId]] = {sources.kind: sorted(row_ids)}
    contracts = (row for row in rows.values() if isinstance(row, SourceContract))
    account_ids = sorted({SourceId(row.account_id) for row in contracts if row.account_id is not None})
    if account_ids:
        wanted[MappingKind.ACCOUNT] = account_ids
    read = services.ledger.read_mappings(sources.connector.id, wanted)
    of_kind = {source: mapping for (kind, source), mapping in read.by_source.items() if kind is sources.kind}
    accounts = {source: mapping for (kind, source), mapping in read.by_source.items() if kind is MappingKind.ACCOUNT}
    return RowsRead(rows, of_kind, accounts, read.server_time)


def rows_of_kind(rows: SourceRows, kind: MappingKind, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceRow]:
    """Return the rows of a kind that exist and that the person may read."""
    readers: dict[MappingKind, Callable[[Collection[SourceId]], Mapping[SourceId, SourceRow]]] = {
        MappingKind.PRODUCT: rows.products,
        MappingKind.ACCOUNT: rows.accounts,
        MappingKind.BILLING_CONTRACT: rows.billing_contracts,
    }
    return readers[kind](row_ids)


def settled_before(wish: RowWish, read: RowsRead, job_id: JobId | None) -> RowPlan | None:
    """Return the plan of a row with which nothing may be done now, or nothing more: None for all others."""
    row, mapping = read.rows.get(wish.source_id), read.mappings.get(wish.source_id)
    if mapping is None:
        return None
    if mapping.claimed_until is not None and mapping.claimed_until > read.server_time.at:
        return RowPlan(wish, "leave", row, mapping)
    # an earlier run of this job got as far as the integration record and then died
    if job_id is not None and claimed_by_job(mapping, job_id) and is_joined(mapping) and is_settled(mapping):
        return RowPlan(wish, "done", row, mapping)
    return None
