"""How many requests the Saves took, held against what the project promises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tools.demo.columns import Cells, table_of
from tools.demo.month import Month
from tools.demo.tabs import TabReport
from tools.demo.upstream import Spent

_MOST_OF_DATAVERSE: Final = 0.2
_MOST_A_LINE: Final = 1
_HEADINGS: Final = (
    "Requests while saving",
    "Records",
    "Created",
    "ConnectWise writes",
    "a created one",
    "at most",
    "reads for all",
    "Dataverse",
    "a record",
    "at most",
    "",
)


@dataclass(frozen=True, slots=True)
class _Saved:
    """The Saves of one kind; `most` are the writes that ConnectWise may get for one that is created."""

    title: str
    records: int
    created: int
    spent: Spent
    most: int

    @property
    def is_too_much(self) -> bool:
        return self.spent.connectwise.writes > self.most * self.created


def spending_table(reports: Sequence[TabReport], month: Month) -> str:
    """Return a row for each kind of record that was saved, and what all of them together asked Dataverse."""
    kinds = [*_saved_on(reports), _Saved("Invoice lines", month.lines, month.created, month.spent, _MOST_A_LINE)]
    return table_of(_HEADINGS, [_row(saved) for saved in kinds], [_total(kinds)])


def _saved_on(reports: Sequence[TabReport]) -> Iterator[_Saved]:
    for report in reports:
        records = report.outcomes.total()
        if records:
            yield _Saved(report.tab.title, records, report.outcomes["created"], report.spent, report.tab.requests)


def _row(saved: _Saved) -> Cells:
    connectwise, dataverse = saved.spent.connectwise, saved.spent.dataverse
    return (
        saved.title,
        str(saved.records),
        str(saved.created),
        str(connectwise.writes),
        _share(connectwise.writes, saved.created),
        str(saved.most),
        str(connectwise.reads),
        str(dataverse.total),
        _share(dataverse.total, saved.records),
        "",
        "<-- too many" if saved.is_too_much else "",
    )


def _total(kinds: Sequence[_Saved]) -> Cells:
    records, asked = sum(saved.records for saved in kinds), sum(saved.spent.dataverse.total for saved in kinds)
    is_too_much = asked > _MOST_OF_DATAVERSE * records
    return (
        "All",
        str(records),
        str(sum(saved.created for saved in kinds)),
        str(sum(saved.spent.connectwise.writes for saved in kinds)),
        "",
        "",
        str(sum(saved.spent.connectwise.reads for saved in kinds)),
        str(asked),
        _share(asked, records),
        f"{_MOST_OF_DATAVERSE:g}",
        "<-- too many" if is_too_much else "",
    )


def _share(requests: int, records: int) -> str:
    return f"{requests / records:.2f}" if records else "-"
