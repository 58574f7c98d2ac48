"""Whether the lines of an invoice add up to what the invoice itself says (M10)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from dataverse.work365.records import InvoiceId
from sync_core.money import difference_of_totals, plain
from sync_core.push.decisions import Decision


def warnings_by_invoice(decisions: Iterable[Decision]) -> Mapping[InvoiceId, str]:
    """Return a warning for each invoice whose lines, if every one is pushed, do not add up to the invoice's own total.

    The decisions must hold all lines of each invoice.
    """
    lines: dict[InvoiceId, list[Decision]] = {}
    for decision in decisions:
        if decision.facts is not None:
            lines.setdefault(decision.facts.invoice.id, []).append(decision)
    return {
        invoice_id: warning
        for invoice_id, of_invoice in lines.items()
        if (warning := _total_warning(of_invoice)) is not None
    }


def _total_warning(decisions: list[Decision]) -> str | None:
    facts = decisions[0].facts
    plans = [decision.plan for decision in decisions]
    if facts is None or facts.currency is None or facts.invoice.total_line_item_amount is None or None in plans:
        return None
    pushed = [plan.net_amount for plan in plans if plan is not None]
    difference = difference_of_totals(pushed, [facts.invoice.total_line_item_amount])
    if not difference:
        return None
    shown = [plain(amount, facts.currency.decimals) for amount in (sum(pushed, Decimal(0)), difference)]
    total = plain(facts.invoice.total_line_item_amount, facts.currency.decimals)
    return (
        f"The lines of invoice {facts.invoice.number} add up to {shown[0]}, the invoice itself says {total} "
        f"(difference {shown[1]}); check the invoice in Work 365."
    )
