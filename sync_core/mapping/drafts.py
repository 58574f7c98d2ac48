"""A Work 365 row as ConnectWise would have it, before anything of Work 365's own is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataverse.work365.imports.records import ColumnValue
from sync_core.mapping.fitting import fits, one_line, shortened


@dataclass(frozen=True, slots=True)
class RowDraft:
    """Columns by word; an empty one is not written. `warnings` are sentences about what could not be taken over."""

    columns: Mapping[str, ColumnValue]
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class DraftMaker:
    """Collects columns and warnings of one row; `lengths` are those of Work 365's columns in UTF-16 units."""

    lengths: Mapping[str, int]
    columns: dict[str, ColumnValue] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def put(self, word: str, value: ColumnValue) -> None:
        """Take a value that always fits."""
        self.columns[word] = value

    def put_name(self, word: str, text: str | None) -> None:
        """Take a text that may be cut to the length of its column, which is said then."""
        line = one_line(text)
        longest = self.lengths[word]
        if line is not None and not fits(line, longest):
            line = shortened(line, longest)
            self.warnings.append(f"The {spoken(word)} was shortened to {longest} characters.")
        self.columns[word] = line

    def put_whole(self, word: str, text: str | None) -> None:
        """Take a text that is worth nothing when it is cut (a number, an address of a page): whole, or left out."""
        line = one_line(text)
        longest = self.lengths[word]
        if line is not None and not fits(line, longest):
            self.warnings.append(f"The {spoken(word)} is longer than {longest} characters and was left out.")
            line = None
        self.columns[word] = line

    def draft(self) -> RowDraft:
        """Return what was collected."""
        return RowDraft(dict(self.columns), tuple(self.warnings))


def spoken(word: str) -> str:
    """Return a column's word as a sentence says it."""
    return word.replace("_", " ")
