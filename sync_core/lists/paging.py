"""Filters, order and pages of a list that is held whole for the time of one request."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from dataverse.psasync.records import ConnectorId, Mapping, MappingStatus

T = TypeVar("T")

View = Literal["mapped", "unmapped", "failed", "all"]
SortName = Literal["name", "-name", "number", "-number"]
Key = tuple[str, str]
"""Text and id: no two rows have the same key, so that a place in the list is exact."""

FAILED = frozenset({MappingStatus.FAILED, MappingStatus.UNKNOWN, MappingStatus.MISSING_IN_PSA})
"""What needs a person, or did not end well."""


class CursorInvalid(ValueError):
    """The cursor is none of ours, or belongs to another list."""


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """What a list shows: `search` anywhere in name or number, in any letter case and literally; `limit` rows a page.

    `name` says which list it is, so that a cursor fits one list only.
    """

    name: str
    connector_id: ConnectorId
    view: View = "all"
    search: str = ""
    sort: SortName = "name"
    limit: int = 50
    cursor: str | None = None

    @property
    def descending(self) -> bool:
        """Whether the order is reversed."""
        return self.sort.startswith("-")

    def after(self) -> Key | None:
        """Return the key behind which the page begins; raises CursorInvalid."""
        if self.cursor is None:
            return None
        padded = self.cursor + "=" * (-len(self.cursor) % 4)
        try:
            digest, text, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, TypeError, RecursionError) as error:
            raise CursorInvalid("the cursor is not valid") from error
        if digest != self._digest() or not isinstance(text, str) or not isinstance(row_id, str):
            raise CursorInvalid("the cursor belongs to another list")
        return text, row_id

    def cursor_at(self, key: Key) -> str:
        """Return the cursor of a page that ends with this key."""
        document = json.dumps([self._digest(), *key], separators=(",", ":"))
        return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")

    def _digest(self) -> str:
        return hashlib.sha256(repr(replace(self, limit=0, cursor=None)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """A page of a list and the cursor of the next one, None at the end."""

    rows: Sequence[T]
    next_cursor: str | None


def is_mapped(mapping: Mapping | None) -> bool:
    """Tell whether a record of ConnectWise stands behind the row."""
    return mapping is not None and mapping.psa_id is not None and mapping.status is not MappingStatus.MISSING_IN_PSA


def is_shown(view: View, mapping: Mapping | None) -> bool:
    """Tell whether a row with this integration record is in the view."""
    match view:
        case "all":
            return True
        case "failed":
            return mapping is not None and mapping.status in FAILED
        case "mapped" | "unmapped":
            return is_mapped(mapping) is (view == "mapped")


def holds(search: str, *texts: str | None) -> bool:
    """Tell whether one of the texts holds what is searched for."""
    wanted = search.casefold()
    return not wanted or any(wanted in text.casefold() for text in texts if text is not None)


def ordered_behind(rows: Iterable[T], key: Callable[[T], Key], question: ListQuestion) -> list[T]:
    """Return the rows behind the cursor in the order that is asked for; raises CursorInvalid."""
    after = question.after()
    ordered = sorted(rows, key=key, reverse=question.descending)
    if after is None:
        return ordered
    return [row for row in ordered if (key(row) < after if question.descending else key(row) > after)]


def page_of(rows: Iterable[T], key: Callable[[T], Key], question: ListQuestion) -> ListPage[T]:
    """Return one page; raises CursorInvalid."""
    behind = ordered_behind(rows, key, question)
    page = behind[: question.limit]
    return ListPage(page, question.cursor_at(key(page[-1])) if len(behind) > question.limit else None)
