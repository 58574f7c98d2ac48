"""Runs a query: candidates, filter, order, page."""

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import islice
from typing import Any, Final

from emulators.dataverse.model import Table
from emulators.dataverse.odata.compiler import Predicate, compile_filter
from emulators.dataverse.odata.operands import kind_of
from emulators.dataverse.odata.options import OrderTerm, QueryOptions
from emulators.dataverse.odata.paging import Cookie
from emulators.dataverse.odata.planner import candidates
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.rows import Row

MOST_ROWS: Final = 5000
COUNT_LIMIT: Final = 5000
Visible = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and the cookie of the next, if there is one."""

    rows: list[Row]
    next: Cookie | None


class Query:
    """One query on one table, for one caller (`visible` None: the caller sees all rows)."""

    def __init__(self, scope: QueryScope, table: Table, options: QueryOptions, visible: Visible | None) -> None:
        self._scope = scope
        self._table = table
        self._options = options
        self._rows = scope.store.rows(table)
        self._test: Predicate | None = None
        self._candidates: Collection[str] | None = None
        if options.filter is not None:
            self._test = compile_filter(scope, table, options.filter)
            self._candidates = candidates(scope, table, options.filter)
        self._visible = visible
        self._sort_keys = [_sort_key(scope, table, term) for term in options.order]

    def page(self, size: int, cookie: Cookie | None, *, with_next: bool = True) -> Page:
        """Return up to `size` rows behind `cookie`."""
        found = list(islice(self._matching(self._ids(cookie)), size + 1))
        rows = found[:size]
        if len(found) <= size or not with_next or not rows:
            return Page(rows, None)
        last = rows[-1]
        page = 2 if cookie is None else cookie.page + 1
        values = tuple(_cookie_value(key(last)) for key in self._sort_keys)
        version = None if cookie is None else cookie.version
        return Page(rows, Cookie(page, values, last[self._table.primary_id], version))

    def count(self, limit: int) -> int:
        """Return how many rows match, at most `limit`."""
        if self._test is None and self._visible is None:
            return min(len(self._rows), limit)
        ids = self._rows.by_id if self._candidates is None else self._candidates
        return sum(1 for _ in islice(self._matching(ids), limit))

    def all_rows(self) -> Iterator[Row]:
        """Yield every row that matches, in no order."""
        return self._matching(self._rows.by_id if self._candidates is None else self._candidates)

    def restrict(self, ids: Collection[str]) -> None:
        """Look at the rows with these ids only."""
        self._candidates = ids

    def among(self, ids: Iterable[str]) -> list[Row]:
        """Return the rows among `ids` that match, in order."""
        return list(self._matching(self._sorted(ids) if self._sort_keys else ids))

    def _matching(self, ids: Iterable[str]) -> Iterator[Row]:
        by_id, test, visible = self._rows.by_id, self._test, self._visible
        for row_id in ids:
            row = by_id[row_id]
            if (test is None or test(row) is True) and (visible is None or visible(row)):
                yield row

    def _ids(self, cookie: Cookie | None) -> Iterable[str]:
        last_id = None if cookie is None else cookie.row_id
        if not self._sort_keys:
            if self._candidates is None:
                return self._rows.ids_after(last_id)
            return [row_id for row_id in sorted(self._candidates) if last_id is None or row_id > last_id]
        ids = self._ordered()
        if cookie is None:
            return ids
        return islice(ids, self._position_after(ids, cookie), None)

    def _ordered(self) -> list[str]:
        single_table = all(len(term.path) == 1 for term in self._options.order)
        if self._candidates is None and single_table:
            return self._rows.ordered_ids(self._options.order, self._sorted)
        return self._sorted(self._rows.by_id if self._candidates is None else self._candidates)

    def _sorted(self, ids: Iterable[str]) -> list[str]:
        by_id = self._rows.by_id
        ordered = list(self._rows.ids()) if ids is self._rows.by_id else sorted(ids)
        for term, key in reversed(list(zip(self._options.order, self._sort_keys, strict=True))):
            ordered.sort(key=_of_row(by_id, key), reverse=term.descending)
        return ordered

    def _position_after(self, ids: list[str], cookie: Cookie) -> int:
        directions = [-1 if term.descending else 1 for term in self._options.order]
        wanted = [-math.inf if value is None else value for value in cookie.values]
        by_id = self._rows.by_id

        def sort_tuple(row_id: str) -> tuple[list[Any], str]:
            return [key(by_id[row_id]) for key in self._sort_keys], row_id

        def compare(a: tuple[list[Any], str], b: tuple[list[Any], str]) -> int:
            for direction, left, right in zip(directions, a[0], b[0], strict=True):
                if left != right:
                    return direction if left > right else -direction
            return (a[1] > b[1]) - (a[1] < b[1])

        key = cmp_to_key(compare)
        return bisect_right(ids, key((wanted, cookie.row_id)), key=lambda row_id: key(sort_tuple(row_id)))


def _of_row(by_id: dict[str, Row], key: Callable[[Row], Any]) -> Callable[[str], Any]:
    return lambda row_id: key(by_id[row_id])


def _sort_key(scope: QueryScope, table: Table, term: OrderTerm) -> Callable[[Row], Any]:
    """Return the sort value of a row; null sorts first, as SQL Server does."""
    _, column, get = scope.path(table, term.path)
    kind = kind_of(column)
    if kind == "string":

        def text_key(row: Row) -> Any:
            value = get(row)
            return "" if value is None else value.casefold()  # no row keeps an empty text

        return text_key
    least: Any = "" if kind in ("guid", "date", "datetime") else -math.inf

    def key(row: Row) -> Any:
        value = get(row)
        return least if value is None else value

    return key


def _cookie_value(key: Any) -> Any:
    return None if key == -math.inf else key
