"""Which step must come before a row of a list can be mapped or pushed: the chain product, customer, agreement, line."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.work365.linked.records import AccountEvidence, LinkedRow
from dataverse.work365.records import BillingContract, InvoiceLine, LinesRead
from sync_core.lists.paging import is_mapped
from sync_core.prerequisites import Prerequisite

Mappings = Mapping[tuple[MappingKind, SourceId], PsaMapping]


def step_before_row(
    row: LinkedRow, mapping: PsaMapping | None, mapped_accounts: Collection[SourceId]
) -> Prerequisite | None:
    """Return what must come before this row: a mapped one needs nothing any more."""
    if is_mapped(mapping):
        return None
    if row.kind is MappingKind.BILLING_CONTRACT and row.account_id is not None:
        account_id = SourceId(row.account_id)
        return None if account_id in mapped_accounts else Prerequisite("account", account_id, row.account_name)
    if isinstance(row.evidence, AccountEvidence) and row.evidence.has_primary_contact is False:
        return Prerequisite("contact", row.id, row.name)
    return None


def chain_of_lines(read: LinesRead) -> dict[MappingKind, Sequence[SourceId]]:
    """Return the products, billing contracts and accounts that the lines need mapped."""
    contracts = read.billing_contracts.values()
    return {
        MappingKind.PRODUCT: _sorted(line.product_id for line in read.lines.values()),
        MappingKind.BILLING_CONTRACT: _sorted(contract.id for contract in contracts),
        MappingKind.ACCOUNT: _sorted(contract.account_id for contract in contracts),
    }


def step_before_line(line: InvoiceLine, read: LinesRead, mappings: Mappings) -> Prerequisite | None:
    """Return the first missing step in the order of the tabs; None also for a line that is in ConnectWise."""
    if is_mapped(mappings.get((MappingKind.INVOICE_LINE, SourceId(line.id)))):
        return None
    if line.product_id is not None and not _has(mappings, MappingKind.PRODUCT, line.product_id):
        return Prerequisite("product", line.product_id, line.product_name)
    contract = _contract_of(line, read)
    if contract is None:
        return None
    if contract.account_id is not None and not _has(mappings, MappingKind.ACCOUNT, contract.account_id):
        return Prerequisite("account", contract.account_id, contract.account_name)
    if not _has(mappings, MappingKind.BILLING_CONTRACT, contract.id):
        return Prerequisite("billing_contract", contract.id, contract.name)
    return None


def _contract_of(line: InvoiceLine, read: LinesRead) -> BillingContract | None:
    invoice = read.invoices.get(line.invoice_id)
    if invoice is None or invoice.billing_contract_id is None:
        return None
    return read.billing_contracts.get(invoice.billing_contract_id)


def _has(mappings: Mappings, kind: MappingKind, source_id: str) -> bool:
    return is_mapped(mappings.get((kind, SourceId(source_id))))


def _sorted(ids: Iterable[str | None]) -> list[SourceId]:
    return sorted({SourceId(one) for one in ids if one is not None})
