"""The list of invoices with what became of their lines, and the lines of one invoice."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dataverse.psasync.records import ConnectorId, EntraObjectId, Mapping, MappingKind, SourceId
from dataverse.work365.records import Invoice, InvoiceId, InvoiceLine, InvoiceLineId
from sync_core.errors import RecordRejected
from sync_core.lists.missing_steps import chain_of_lines, step_before_line
from sync_core.lists.paging import (
    FAILED,
    Key,
    ListPage,
    ListQuestion,
    View,
    holds,
    is_mapped,
    is_shown,
    ordered_behind,
    page_of,
)
from sync_core.lists.ports import ListServices
from sync_core.prerequisites import Prerequisite

MOST_BLOCKS = 10
"""Blocks of `limit` invoices that one request looks at for a view; two requests to Dataverse each."""


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """An invoice and how many of its lines are in ConnectWise, failed, or neither."""

    invoice: Invoice
    mapped: int
    failed: int
    unmapped: int


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line and its integration record, if there is one; `amount` is without tax.

    `prerequisite` is the step of the chain that must come first.
    """

    line: InvoiceLine
    mapping: Mapping | None
    prerequisite: Prerequisite | None = None

    @property
    def name(self) -> str:
        """What a person calls the line."""
        line = self.line
        return line.line1 or line.product_name or line.product_description or line.description or ""

    @property
    def amount(self) -> Decimal:
        """The amount without tax, discount taken off."""
        return self.line.base_amount - self.line.manual_discount_amount


def list_invoices(services: ListServices, question: ListQuestion, *, person: EntraObjectId) -> ListPage[ListedInvoice]:
    """Return a page of active invoices.

    A view looks at lines, so a page of it may be short or empty although more follow: go on with its cursor. `mapped`
    shows invoices whose lines are all in ConnectWise, `unmapped` those with a line that is not, `failed` those with a
    line that failed. Raises RecordRejected without a connector, CursorInvalid, and the errors of Dataverse.
    """
    services.connectors.existing(question.connector_id)
    key = _key_of_invoice(question)
    matching = (
        one for one in services.rows_as(person).active_invoices() if holds(question.search, one.number, one.name)
    )
    waiting = ordered_behind(matching, key, question)
    found: list[ListedInvoice] = []
    looked_at = 0
    for start in range(0, min(len(waiting), MOST_BLOCKS * question.limit), question.limit):
        block = waiting[start : start + question.limit]
        for listed in _with_lines(services, question.connector_id, block, person):
            if len(found) == question.limit:
                break
            looked_at += 1
            if _is_in_view(question.view, listed):
                found.append(listed)
        if len(found) == question.limit:
            break
    if looked_at == len(waiting):
        return ListPage(found, None)
    return ListPage(found, question.cursor_at(key(waiting[looked_at - 1])))


def list_lines(
    services: ListServices, invoice_id: InvoiceId, question: ListQuestion, *, person: EntraObjectId
) -> ListPage[ListedLine]:
    """Return a page of the lines of one invoice; `number` sorts by line number. Raises as `list_invoices`."""
    services.connectors.existing(question.connector_id)
    work365 = services.lines_as(person)
    line_ids = work365.line_ids_of_invoices([invoice_id]).get(invoice_id)
    if line_ids is None:
        raise RecordRejected(
            user_message="This invoice does not exist in Work 365, or you may not read it; load the list again.",
            code="invoice_not_found",
        )
    if not line_ids:
        return ListPage([], None)
    read = work365.read_lines(line_ids)
    wanted = {MappingKind.INVOICE_LINE: [SourceId(line_id) for line_id in line_ids], **chain_of_lines(read)}
    mappings = services.mappings.read_mappings(question.connector_id, wanted).by_source
    joined = [
        ListedLine(
            line,
            mappings.get((MappingKind.INVOICE_LINE, SourceId(line.id))),
            step_before_line(line, read, mappings),
        )
        for line in read.lines.values()
    ]
    matching = (
        one
        for one in joined
        if is_shown(question.view, one.mapping)
        and holds(question.search, one.name, one.line.product_name, one.line.description)
    )
    return page_of(matching, _key_of_line(question), question)


def _with_lines(
    services: ListServices, connector_id: ConnectorId, invoices: Sequence[Invoice], person: EntraObjectId
) -> list[ListedInvoice]:
    """Return the invoices with the counts of their lines, in two requests."""
    lines = services.lines_as(person).line_ids_of_invoices([invoice.id for invoice in invoices])
    mappings = _mappings(services, connector_id, [line_id for line_ids in lines.values() for line_id in line_ids])
    listed = []
    for invoice in invoices:
        counts = Counter(_state(mappings.get(SourceId(line_id))) for line_id in lines.get(invoice.id, ()))
        listed.append(ListedInvoice(invoice, counts["mapped"], counts["failed"], counts["unmapped"]))
    return listed


def _mappings(
    services: ListServices, connector_id: ConnectorId, line_ids: Sequence[InvoiceLineId]
) -> dict[SourceId, Mapping]:
    wanted = {MappingKind.INVOICE_LINE: [SourceId(line_id) for line_id in line_ids]}
    read = services.mappings.read_mappings(connector_id, wanted)
    return {source_id: mapping for (_, source_id), mapping in read.by_source.items()}


def _state(mapping: Mapping | None) -> str:
    if mapping is not None and mapping.status in FAILED:
        return "failed"
    return "mapped" if is_mapped(mapping) else "unmapped"


def _is_in_view(view: View, listed: ListedInvoice) -> bool:
    match view:
        case "all":
            return True
        case "failed":
            return listed.failed > 0
        case "mapped":
            return listed.mapped > 0 and listed.failed == listed.unmapped == 0
        case "unmapped":
            return listed.failed + listed.unmapped > 0


def _key_of_invoice(question: ListQuestion) -> Callable[[Invoice], Key]:
    if question.sort.endswith("number"):
        return lambda one: (one.number.casefold(), one.id)
    return lambda one: (one.name.casefold(), one.id)


def _key_of_line(question: ListQuestion) -> Callable[[ListedLine], Key]:
    if question.sort.endswith("number"):
        return lambda one: (f"{one.line.line_number or 0:010d}", one.line.id)
    return lambda one: (one.name.casefold(), one.line.id)
