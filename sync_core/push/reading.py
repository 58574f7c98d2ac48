"""Read fresh, in a handful of requests, everything that decisions about invoice lines need (protocol step 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectwise.records import Agreement, AgreementId, BillingCycle, BillingCycleId, CatalogItem, CatalogItemId
from dataverse.psasync.records import (
    ConnectorId,
    Mapping,
    MappingKind,
    MappingsRead,
    MappingStatus,
    ServerTime,
    SourceId,
)
from dataverse.work365.records import InvoiceLine, InvoiceLineId, LinesRead
from sync_core.mapping.invoice_lines import product_of_line
from sync_core.policies import ConnectorPolicies
from sync_core.ports import Ledger, Psa, Work365
from sync_core.push.facts import LineFacts

SETTLED_IN_PSA = frozenset({MappingStatus.SYNCED, MappingStatus.CHANGED_AFTER_SYNC})
"""An addition exists in ConnectWise for a line with this status."""


@dataclass(frozen=True, slots=True)
class FactsRead:
    """Facts by line; a line that does not exist, or that the person may not read, is absent."""

    facts: dict[InvoiceLineId, LineFacts]
    line_mappings: dict[InvoiceLineId, Mapping]
    server_time: ServerTime


@dataclass(frozen=True, slots=True)
class _PsaRead:
    agreements: dict[AgreementId, Agreement]
    catalog_items: dict[CatalogItemId, CatalogItem]
    billing_cycles: dict[BillingCycleId, BillingCycle]


def read_facts(
    line_ids: Sequence[InvoiceLineId],
    *,
    work365: Work365,
    ledger: Ledger,
    psa: Psa,
    connector_id: ConnectorId,
    policies: ConnectorPolicies,
) -> FactsRead:
    """Read lines, mappings, agreements and catalog items; errors of the clients pass through.

    ConnectWise is asked nothing about lines that are already there: pushing a synced line again costs no call (F6).
    """
    read = work365.read_lines(line_ids)
    mappings = ledger.read_mappings(connector_id, _sources_of(line_ids, read))
    psa_read = _read_psa(psa, read, mappings, policies)
    facts = {
        line.id: _facts_of(line, read, mappings, psa_read, policies)
        for line in read.lines.values()
        if line.invoice_id in read.invoices
    }
    line_mappings = {
        line_id: mapping
        for line_id in line_ids
        if (mapping := mappings.by_source.get((MappingKind.INVOICE_LINE, SourceId(line_id)))) is not None
    }
    return FactsRead(facts=facts, line_mappings=line_mappings, server_time=mappings.server_time)


def _sources_of(line_ids: Sequence[InvoiceLineId], read: LinesRead) -> dict[MappingKind, list[SourceId]]:
    contracts = read.billing_contracts.values()
    wanted: dict[MappingKind, set[str]] = {
        MappingKind.INVOICE_LINE: set(line_ids),
        MappingKind.PRODUCT: {line.product_id for line in read.lines.values() if line.product_id},
        MappingKind.BILLING_CONTRACT: {contract.id for contract in contracts},
        MappingKind.ACCOUNT: {contract.account_id for contract in contracts if contract.account_id},
    }
    return {kind: sorted(SourceId(source) for source in sources) for kind, sources in wanted.items()}


def _read_psa(psa: Psa, read: LinesRead, mappings: MappingsRead, policies: ConnectorPolicies) -> _PsaRead:
    agreement_ids: set[AgreementId] = set()
    catalog_item_ids: set[CatalogItemId] = set()
    for line in read.lines.values():
        own = mappings.by_source.get((MappingKind.INVOICE_LINE, SourceId(line.id)))
        if own is not None and own.status in SETTLED_IN_PSA:
            continue
        contract = _contract_mapping(line, read, mappings)
        if contract is not None and contract.psa_id is not None:
            agreement_ids.add(AgreementId(contract.psa_id))
        catalog_item_id = product_of_line(line, _product_mapping(line, mappings), policies)
        if catalog_item_id is not None:
            catalog_item_ids.add(catalog_item_id)
    return _PsaRead(
        agreements=dict(psa.agreements(sorted(agreement_ids))) if agreement_ids else {},
        catalog_items=dict(psa.catalog_items(sorted(catalog_item_ids))) if catalog_item_ids else {},
        billing_cycles=dict(psa.billing_cycles()) if agreement_ids else {},
    )


def _facts_of(
    line: InvoiceLine, read: LinesRead, mappings: MappingsRead, psa_read: _PsaRead, policies: ConnectorPolicies
) -> LineFacts:
    invoice = read.invoices[line.invoice_id]
    contract = read.billing_contracts.get(invoice.billing_contract_id) if invoice.billing_contract_id else None
    contract_mapping = _contract_mapping(line, read, mappings)
    agreement = (
        psa_read.agreements.get(AgreementId(contract_mapping.psa_id))
        if contract_mapping is not None and contract_mapping.psa_id is not None
        else None
    )
    cycle = agreement.billing_cycle if agreement is not None else None
    catalog_item_id = product_of_line(line, _product_mapping(line, mappings), policies)
    return LineFacts(
        line=line,
        invoice=invoice,
        currency=read.currencies.get(invoice.currency_id) if invoice.currency_id else None,
        billing_contract=contract,
        product_mapping=_product_mapping(line, mappings),
        contract_mapping=contract_mapping,
        account_mapping=(
            mappings.by_source.get((MappingKind.ACCOUNT, SourceId(contract.account_id)))
            if contract is not None and contract.account_id is not None
            else None
        ),
        line_mapping=mappings.by_source.get((MappingKind.INVOICE_LINE, SourceId(line.id))),
        agreement=agreement,
        billing_cycle=psa_read.billing_cycles.get(BillingCycleId(cycle.id)) if cycle is not None else None,
        catalog_item=psa_read.catalog_items.get(catalog_item_id) if catalog_item_id is not None else None,
        policies=policies,
    )


def _contract_mapping(line: InvoiceLine, read: LinesRead, mappings: MappingsRead) -> Mapping | None:
    invoice = read.invoices.get(line.invoice_id)
    if invoice is None or invoice.billing_contract_id is None:
        return None
    return mappings.by_source.get((MappingKind.BILLING_CONTRACT, SourceId(invoice.billing_contract_id)))


def _product_mapping(line: InvoiceLine, mappings: MappingsRead) -> Mapping | None:
    return mappings.by_source.get((MappingKind.PRODUCT, SourceId(line.product_id))) if line.product_id else None
