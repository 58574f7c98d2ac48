"""Accept a Save: write the job and its items, then run them now or queue them (protocol steps 2 and 3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from connectwise.records import AgreementId
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    EntraObjectId,
    ItemOutcome,
    JobDirection,
    JobId,
    JobKind,
    MappingKind,
    NewJobItem,
    SourceId,
)
from dataverse.work365.records import InvoiceId, InvoiceLineId
from sync_core.errors import RecordRejected
from sync_core.jobs import chunks_by_agreement
from sync_core.ports import Work365
from sync_core.push.chunk import push_runner
from sync_core.push.decisions import LINE_NOT_FOUND
from sync_core.push.services import PushServices
from sync_core.work.start import JobRequest, start_job

PushKind = Literal["invoice_line", "invoice"]

INVOICE_NOT_FOUND = "invoice_not_found"
INVOICE_WITHOUT_LINES = "invoice_without_lines"


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What a person asks for: lines, or invoices that stand for all their lines.

    `previewed_amounts` are the net amounts that the preview showed, by line; a line that has changed since is pushed as
    it is now and its message says the difference.
    """

    connector_id: ConnectorId
    kind: PushKind
    record_ids: Sequence[str]
    idempotency_key: str
    requested_by: EntraObjectId
    previewed_amounts: Mapping[InvoiceLineId, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One line of a request, or a record that could not be found (`code` and `message` say so)."""

    record_id: str
    line_id: InvoiceLineId | None
    invoice_id: str | None
    agreement_id: AgreementId | None
    code: str | None = None
    message: str = ""


def submit_push(services: PushServices, request: PushRequest) -> JobId:
    """Create the job of a request and start it; the same idempotency key returns the same job.

    At most `inline_limit` lines run before this returns, more are queued. Raises RecordRejected when the connector does
    not exist or the key was used for another request; errors of the Dataverse client pass through.
    """
    connector = existing_connector(services, request.connector_id)
    entries = resolve_entries(
        services.work365_as(request.requested_by), request.kind, request.record_ids, _agreements_of(services, connector)
    )
    chunks = chunks_by_agreement(
        ((entry, entry.agreement_id) for entry in entries), chunk_lines=services.timing.chunk_lines
    )
    return start_job(
        services,
        _job_request(request),
        _items(entries, chunks, request.previewed_amounts),
        runner=push_runner(services),
        inline_limit=services.timing.inline_limit,
    )


def existing_connector(services: PushServices, connector_id: ConnectorId) -> Connector:
    """Return the connector or raise RecordRejected."""
    connector = services.ledger.connector(connector_id)
    if connector is None:
        raise RecordRejected(
            user_message="This connector does not exist; choose another one and save again.", code="connector_not_found"
        )
    return connector


AgreementsOf = Callable[[Sequence[str]], Mapping[str, AgreementId]]
"""Billing contract ids to the agreements that they are mapped to."""


def resolve_entries(
    work365: Work365, kind: PushKind, record_ids: Sequence[str], agreements_of: AgreementsOf
) -> list[LineEntry]:
    """Return one entry a line in the order of the request; what cannot be found stays in it, each record once."""
    wanted = list(dict.fromkeys(record_ids))
    missing: dict[str, LineEntry] = {}
    line_ids: list[InvoiceLineId] = []
    if kind == "invoice_line":
        line_ids = [InvoiceLineId(record_id) for record_id in wanted]
    else:
        found = work365.line_ids_of_invoices([InvoiceId(record_id) for record_id in wanted])
        for record_id in wanted:
            of_invoice = found.get(InvoiceId(record_id))
            if of_invoice:
                line_ids.extend(of_invoice)
            else:
                missing[record_id] = _missing_invoice(record_id, exists=of_invoice is not None)
    return [*_line_entries(work365, line_ids, agreements_of), *missing.values()]


def _line_entries(work365: Work365, line_ids: Sequence[InvoiceLineId], agreements_of: AgreementsOf) -> list[LineEntry]:
    if not line_ids:
        return []
    read = work365.read_lines(line_ids)
    contract_ids = {invoice.billing_contract_id for invoice in read.invoices.values() if invoice.billing_contract_id}
    agreements = agreements_of(sorted(contract_ids)) if contract_ids else {}
    entries = []
    for line_id in line_ids:
        line = read.lines.get(line_id)
        invoice = read.invoices.get(line.invoice_id) if line is not None else None
        if line is None or invoice is None:
            entries.append(_missing_line(line_id))
            continue
        contract_id = invoice.billing_contract_id
        agreement_id = agreements.get(contract_id) if contract_id else None
        entries.append(LineEntry(line_id, line_id, line.invoice_id, agreement_id))
    return entries


def _missing_line(line_id: InvoiceLineId) -> LineEntry:
    """Left pending rather than settled: the chunk looks at the line's mapping row before it calls the line missing."""
    return LineEntry(line_id, line_id, None, None, code=LINE_NOT_FOUND)


def _missing_invoice(record_id: str, *, exists: bool) -> LineEntry:
    if exists:
        return LineEntry(
            record_id,
            None,
            record_id,
            None,
            INVOICE_WITHOUT_LINES,
            "This invoice has no lines; there is nothing to push.",
        )
    return LineEntry(
        record_id,
        None,
        record_id,
        None,
        INVOICE_NOT_FOUND,
        "This invoice does not exist in Work 365 or you may not read it; refresh the list and select it again.",
    )


def _job_request(request: PushRequest) -> JobRequest:
    is_invoice = request.kind == "invoice"
    return JobRequest(
        name=f"Push {len(request.record_ids)} {'invoice(s)' if is_invoice else 'invoice line(s)'}",
        connector_id=request.connector_id,
        direction=JobDirection.PUSH,
        kind=JobKind.INVOICE if is_invoice else JobKind.INVOICE_LINE,
        requested_by=request.requested_by,
        idempotency_key=request.idempotency_key,
        body={
            "connector_id": request.connector_id,
            "kind": request.kind,
            "items": list(request.record_ids),
            "previewed_amounts": {line: str(amount) for line, amount in request.previewed_amounts.items()},
        },
    )


def _agreements_of(services: PushServices, connector: Connector) -> AgreementsOf:
    def read(contract_ids: Sequence[str]) -> Mapping[str, AgreementId]:
        mappings = services.ledger.read_mappings(
            connector.id, {MappingKind.BILLING_CONTRACT: [SourceId(contract_id) for contract_id in contract_ids]}
        )
        return {
            source_id: AgreementId(mapping.psa_id)
            for (_, source_id), mapping in mappings.by_source.items()
            if mapping.psa_id is not None
        }

    return read


def _items(
    entries: Sequence[LineEntry], chunks: Sequence[Sequence[LineEntry]], previewed: Mapping[InvoiceLineId, Decimal]
) -> list[NewJobItem]:
    chunk_of = {entry.record_id: number for number, chunk in enumerate(chunks) for entry in chunk}
    return [
        NewJobItem(
            position=position,
            chunk=chunk_of[entry.record_id],
            source_id=SourceId(entry.line_id or entry.record_id),
            action="push",
            outcome=_outcome_at_once(entry),
            code=entry.code,
            message=entry.message,
            previewed_amount=previewed.get(entry.line_id) if entry.line_id is not None else None,
            invoice_id=entry.invoice_id,
        )
        for position, entry in enumerate(entries)
    ]


def _outcome_at_once(entry: LineEntry) -> ItemOutcome:
    if entry.line_id is not None:
        return ItemOutcome.PENDING
    return ItemOutcome.SKIPPED if entry.code == INVOICE_WITHOUT_LINES else ItemOutcome.FAILED
