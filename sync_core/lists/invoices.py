"""The list of invoices with what became of their lines, and the lines of one invoice."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dataverse.psasync.records import ConnectorId, EntraObjectId, Mapping, MappingKind, SourceId
from dataverse.work365.records import Invoice, InvoiceId, InvoiceLine, InvoiceLineId
from sync_core.errors import RecordRejected
from sync_core.lists.paging import FAILED, Key, ListPage, ListQuestion, View, holds, is_mapped, is_shown, page_of
from sync_core.lists.paging import ordered_behind as _ordered_behind
from sync_core.lists.ports import ListServices

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
    """A line and its integration record, if there is one; `amount` is without tax."""

    line: InvoiceLine
    mapping: Mapping | None

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
    line that failed. Raises as `list_rows`.
    """
    services.connectors.existing(question.connector_id)
    key = _key_of_invoice(question)
    matching = (
        one for one in services.rows_as(person).active_invoices() if holds(question.search, one.number, one.name)
    )
    waiting = _ordered_behind(matching, key, question)
    found: list[ListedInvoice] = []
    seen: Invoice | None = None
    for _ in range(MOST_BLOCKS):
        block, rest = waiting[: question.limit], waiting[question.limit :]
        for listed in _with_lines(services, question.connector_id, block, person):
            if len(found) == question.limit:
                break
            seen = listed.invoice
            if _is_in_view(question.view, listed):
                found.append(listed)
        else:
            waiting = rest
            if waiting and len(found) < question.limit:
                continue
        break
    more = seen is not None and key(_last(waiting, seen, question, key)) != key(seen)
    return ListPage(found, question.cursor_at(key(seen)) if more and seen is not None else None)
