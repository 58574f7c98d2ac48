"""Third act: every invoice of the month is pushed, and both systems are compared line by line."""

import sys
import time
from dataclasses import dataclass

from tools.demo.app import App, Row
from tools.demo.report import InvoiceReport, report_on, table
from tools.demo.saving import saved
from tools.demo.systems import ConnectWise, Dataverse
from tools.demo.upstream import Spent, Upstream

_BAR_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the month; `spent` are the requests of its Save."""

    lines: int
    created: int
    is_right: bool
    spent: Spent


def push_month(app: App, upstream: Upstream, dataverse: Dataverse, connectwise: ConnectWise) -> Month:
    """Push every invoice and show progress, then the table that compares both systems."""
    invoices = dataverse.invoices()
    lines = dataverse.lines(invoices)
    items = [{"id": invoice_id, "action": "push"} for invoice_id in sorted(invoices)]
    pushed, spent = time.monotonic(), Spent()
    job = saved(app, upstream, "invoice", items, spent, _Bar())
    took = time.monotonic() - pushed
    print(f"\nThe job {job['job_id']} has ended: {job['state'].replace('_', ' ')}.")
    reports = report_on(invoices, lines, app.items(job["job_id"]), connectwise.billed_by_line())
    print(table(reports))
    print(f"\n{len(lines)} lines on {len(invoices)} invoices in {took:.1f} s.")
    return Month(len(lines), sum(report.pushed for report in reports), _is_right(reports), spent)


def _is_right(reports: list[InvoiceReport]) -> bool:
    wrong = [report for report in reports if not report.is_right]
    if wrong:
        print(f"{len(wrong)} invoices are not right; they are marked in the table.")
        return False
    print("Every pushed line is in ConnectWise once and to the cent; what differs was skipped for the reason shown.")
    return True


class _Bar:
    """Draws progress over itself on a terminal, a line each elsewhere."""

    def __init__(self) -> None:
        self._shown: tuple[int, int] | None = None

    def __call__(self, job: Row) -> None:
        """Show how far a job is, if that has changed."""
        done, total = progress = job["counts"]["done"], job["counts"]["total"]
        if progress == self._shown:
            return
        self._shown = progress
        filled = _BAR_WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (_BAR_WIDTH - filled)
        end = "\r" if sys.stdout.isatty() else "\n"
        print(f"  [{bar}] {done} of {total} lines", end=end, flush=True)
