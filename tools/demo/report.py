"""The table that the demo ends with, and whether the money is right."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tools.demo.columns import table_of
from tools.demo.systems import Invoice, Line, rounded

ALREADY_THERE = "already_synced"


@dataclass(slots=True)
class InvoiceReport:
    """One invoice: its lines by what became of them, and the totals of both systems.

    `unexplained` is what the totals differ by beyond the lines that were skipped or failed; it must be zero.
    """

    invoice: Invoice
    lines: int = 0
    pushed: int = 0
    there_before: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    work365: Decimal = Decimal(0)
    connectwise: Decimal = Decimal(0)
    left_out: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Work 365 less ConnectWise."""
        return self.work365 - self.connectwise

    @property
    def unexplained(self) -> Decimal:
        """What no skipped or failed line accounts for."""
        return self.difference - self.left_out

    @property
    def is_right(self) -> bool:
        """Whether every line is where it should be, once and to the cent."""
        return not (self.failed or self.unknown or self.duplicates or self.unexplained)


def report_on(
    invoices: Mapping[str, Invoice],
    lines: Iterable[Line],
    items: Iterable[Mapping[str, Any]],
    billed: Mapping[str, Sequence[Decimal]],
) -> list[InvoiceReport]:
    """Compare both systems line by line; `items` are those of the job, `billed` amounts by marker."""
    outcome_of = {item["id"]: item for item in items}
    reports = {invoice_id: InvoiceReport(invoice) for invoice_id, invoice in invoices.items()}
    for line in lines:
        report = reports[line.invoice_id]
        amounts = [rounded(amount, report.invoice.decimals) for amount in billed.get(line.line_id, ())]
        report.lines += 1
        report.work365 += line.net
        report.connectwise += sum(amounts, Decimal(0))
        report.duplicates += max(0, len(amounts) - 1)
        if not amounts:
            report.left_out += line.net
        _count(report, outcome_of.get(line.line_id, {"outcome": "missing", "code": None}))
    return sorted(reports.values(), key=lambda report: report.invoice.number)


def _count(report: InvoiceReport, item: Mapping[str, Any]) -> None:
    match item["outcome"], item["code"]:
        case "created", _:
            report.pushed += 1
        case "skipped", code if code == ALREADY_THERE:
            report.there_before += 1
        case "skipped", code:
            report.skipped[code] += 1
        case "unknown" | "pending", _:
            report.unknown += 1
        case _:
            report.failed += 1


HEADINGS = ("Invoice", "Lines", "Pushed", "Before", "Skipped", "Failed", "Work 365", "ConnectWise", "Difference", "")


def table(reports: Sequence[InvoiceReport]) -> str:
    """Return the table with a total for each currency."""
    currencies = sorted({report.invoice.currency for report in reports})
    return table_of(HEADINGS, [_row(report) for report in reports], [_total(one, reports) for one in currencies])


def _row(report: InvoiceReport) -> tuple[str, ...]:
    reasons = ", ".join(f"{count} {code.replace('_', ' ')}" for code, count in sorted(report.skipped.items()))
    return (
        report.invoice.number,
        str(report.lines),
        str(report.pushed),
        str(report.there_before),
        str(report.skipped.total()),
        str(report.failed + report.unknown),
        f"{report.work365:,f} {report.invoice.currency}",
        f"{report.connectwise:,f}",
        f"{report.difference:,f}",
        reasons + ("" if report.is_right else "  <-- look at this one"),
    )


def _total(currency: str, reports: Sequence[InvoiceReport]) -> tuple[str, ...]:
    mine = [report for report in reports if report.invoice.currency == currency]
    return (
        f"Total {currency}",
        str(sum(report.lines for report in mine)),
        str(sum(report.pushed for report in mine)),
        str(sum(report.there_before for report in mine)),
        str(sum(report.skipped.total() for report in mine)),
        str(sum(report.failed + report.unknown for report in mine)),
        f"{sum((report.work365 for report in mine), Decimal(0)):,f} {currency}",
        f"{sum((report.connectwise for report in mine), Decimal(0)):,f}",
        f"{sum((report.difference for report in mine), Decimal(0)):,f}",
        f"{sum((report.unexplained for report in mine), Decimal(0)):,f} unexplained",
    )
