"""Pytest plugin of `make test`: coverage has two gates, and pytest's closing line stays the last one.

pytest-cov collects and combines (the functions hosts are processes of their own), but knows one gate only.
"""

import io
from collections.abc import Generator
from dataclasses import dataclass

import coverage
import pytest

GATES = ((None, 90.0), ("sync_core/*", 95.0))
"""What is measured (None: all that ships) and the least percentage of lines and branches."""

_REPORT = pytest.StashKey[list["GateReport"]]()


@dataclass(frozen=True, slots=True)
class GateReport:
    """One gate, what was measured, and the table of the files that are not covered completely."""

    name: str
    least: float
    measured: float
    table: str

    @property
    def holds(self) -> bool:
        """Whether enough was covered."""
        return self.measured >= self.least


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Judge the gates once pytest-cov has combined the data of all processes; a broken gate is a failure."""
    result = yield
    if hasattr(session.config, "workerinput"):
        return result  # one of several processes of a parallel run: the one that combines their data judges
    reports = [_judge(include, least) for include, least in GATES]
    session.config.stash[_REPORT] = reports
    session.testsfailed += sum(not report.holds for report in reports)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the gates, and the uncovered lines of those that do not hold."""
    terminalreporter.section("coverage, lines and branches")
    for report in config.stash.get(_REPORT, []):
        if not report.holds:
            terminalreporter.write(report.table)
        verdict = "holds" if report.holds else "DOES NOT HOLD"
        terminalreporter.write_line(f"{report.name}: {report.measured:.2f} %, at least {report.least:.0f} %: {verdict}")


def _judge(include: str | None, least: float) -> GateReport:
    data = coverage.Coverage()
    data.load()
    table = io.StringIO()
    try:
        measured = data.report(include=include, file=table)
    except coverage.exceptions.NoDataError:
        measured = 0.0
    return GateReport(include or "all that ships", least, measured, table.getvalue())
