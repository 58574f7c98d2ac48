"""What a list shows and in which order: the exact rules; ConnectWise itself only narrows."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from connectwise.directory.records import ListEntry, ListKind, Named, Narrowing

MappedView = Literal["unmapped", "mapped", "all"]
SortName = Literal["name", "-name", "created", "-created", "modified", "-modified"]

ONE_TIME = "One Time"
"""The frequency that is a flag of the agreement and no billing cycle (ConnectWise: agreements)."""

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_SAFE_PIECE = re.compile(r"[A-Za-z0-9 ]+")
_SHORTEST_PIECE = 2

SortKey = tuple[str, int]
"""Value and id: no two records have the same key, so that a place in the list is exact."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Filters that all must hold; empty ones hold always.

    `types`, `status` and `frequency` are ids in digits or exact names; of several types one is enough. `name` and
    `company` match anywhere, in any letter case and literally. `modified_since` is inclusive, a date in UTC.
    """

    kind: ListKind
    types: tuple[str, ...] = ()
    status: str | None = None
    frequency: str | None = None
    name: str | None = None
    company: str | None = None
    modified_since: date | None = None

    def matches(self, entry: ListEntry) -> bool:
        """Tell whether the list shows this entry."""
        return (
            not entry.is_deleted
            and (not self.types or any(_is(one, wanted) for one in entry.types for wanted in self.types))
            and (self.status is None or (entry.status is not None and _is(entry.status, self.status)))
            and (self.frequency is None or self._has_frequency(entry, self.frequency))
            and _holds(self.name, entry.name)
            and (not self.company or (entry.company is not None and _holds(self.company, entry.company.name)))
            and (self.modified_since is None or self._is_recent(entry, self.modified_since))
        )

    def narrowing(self) -> Narrowing:
        """Return what ConnectWise may leave out already."""
        types = tuple(_id_or_text(one) for one in self.types)
        return Narrowing(
            name_piece=_safe_piece(self.name),
            company_piece=_safe_piece(self.company),
            types=() if None in types else tuple(one for one in types if one is not None),
            status=None if self.status is None else _id_or_text(self.status),
            modified_since=self.modified_since,
        )

    def _has_frequency(self, entry: ListEntry, wanted: str) -> bool:
        if entry.is_one_time:
            return wanted == ONE_TIME
        return entry.frequency is not None and _is(entry.frequency, wanted)

    def _is_recent(self, entry: ListEntry, since: date) -> bool:
        return entry.modified_on is not None and entry.modified_on.date() >= since


def sort_key(sort: SortName) -> Callable[[ListEntry], SortKey]:
    """Return the key of this order, ascending; for `-name` and its like it is read backwards."""
    match sort.removeprefix("-"):
        case "name":
            return lambda entry: (entry.name.lower(), entry.psa_id)
        case "created":
            # without a time the id decides: ids grow (ConnectWise: a sortable creation date is not documented)
            return lambda entry: (_time_text(entry.created_on), entry.psa_id)
        case _:
            return lambda entry: (_time_text(entry.modified_on), entry.psa_id)


def _time_text(moment: datetime | None) -> str:
    return (moment or _BEGINNING).replace(tzinfo=None).isoformat(timespec="seconds")


def _is(one: Named, wanted: str) -> bool:
    return one.name == wanted or (one.id > 0 and str(one.id) == wanted)


def _holds(wanted: str | None, text: str) -> bool:
    return not wanted or _folded(wanted) in _folded(text)


def _folded(text: str) -> str:
    # in lower case a sigma depends on its place in the word, so a piece of a word would not be found in it
    return text.lower().replace("ς", "σ")


def _id_or_text(wanted: str) -> int | str | None:
    """Return what ConnectWise can be asked for; a name of digits may be an id as well, so it is not asked for."""
    if wanted.isascii() and wanted.isdigit():
        return None
    return wanted if _SAFE_PIECE.fullmatch(wanted) else None


def _safe_piece(text: str | None) -> str | None:
    """Return the longest piece that ConnectWise compares as we do: how it reads quotes, brackets, backslashes and
    letters outside ASCII in a condition is not documented, so what is unclear is not sent."""
    pieces = [piece.strip() for piece in _SAFE_PIECE.findall(text or "")]
    longest = max(pieces, key=len, default="")
    return longest if len(longest) >= _SHORTEST_PIECE else None
