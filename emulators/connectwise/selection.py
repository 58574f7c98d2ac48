"""Lists: filter, order and page of one collection."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from emulators.connectwise.conditions.children import child_predicate, custom_field_predicate
from emulators.connectwise.conditions.names import Name, Names
from emulators.connectwise.conditions.planning import candidates
from emulators.connectwise.conditions.predicates import Predicate, compile_expression
from emulators.connectwise.conditions.syntax import parse
from emulators.connectwise.errors import find_condition
from emulators.connectwise.parameters import Paging, Parameters
from emulators.connectwise.rows import Row, Table, sort_key

# Sorting this many rows costs less than walking the order index of a large table.
_SORTED_DIRECTLY = 5_000

ArraysOf = Callable[[Row, str], list[Mapping[str, Any]]]
ChildMatches = Callable[[str], Sequence[int] | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows to look at, ascending (None: all), and the test that they must pass (None: no test)."""

    ids: Sequence[int] | None
    test: Predicate | None


@dataclass(frozen=True, slots=True)
class _Order:
    path: str
    name: Name
    descending: bool


def filter_of(
    table: Table, names: Names, parameters: Parameters, arrays: ArraysOf, child_matches: ChildMatches
) -> Filter:
    """Return the filter that the three conditions parameters make together; raises ApiError 400."""
    tests: list[Predicate] = []
    found: list[Sequence[int]] = []
    conditions = parameters.text("conditions")
    if conditions and conditions.strip():
        expression = parse(conditions)
        tests.append(compile_expression(expression, names.find))
        ids = candidates(expression, table, names.find)
        found += [ids] if ids is not None else []
    child_conditions = parameters.text("childconditions")
    if child_conditions and child_conditions.strip():
        ids = child_matches(child_conditions)
        if ids is None:
            tests.append(child_predicate(child_conditions, table.collection.model.members, arrays))
        else:
            found.append(ids)
    custom = parameters.text("customfieldconditions")
    if custom and custom.strip():
        tests.append(custom_field_predicate(custom, lambda row: arrays(row, "customFields")))
    return Filter(_intersection(found), _joined(tests))


def _intersection(found: Sequence[Sequence[int]]) -> Sequence[int] | None:
    if len(found) < 2:
        return found[0] if found else None
    smallest, *others = sorted(found, key=len)
    allowed = set(smallest).intersection(*others)
    return [row_id for row_id in smallest if row_id in allowed]


def within(ids: Sequence[int], narrowed: Filter) -> Filter:
    """Return a filter that also stays within `ids` (ascending), the rows under one parent."""
    if narrowed.ids is None:
        return Filter(ids, narrowed.test)
    allowed = set(ids)
    return Filter([row_id for row_id in narrowed.ids if row_id in allowed], narrowed.test)


def count(table: Table, wanted: Filter) -> int:
    """Return the number of matching rows."""
    if wanted.test is None:
        return len(table.ids if wanted.ids is None else wanted.ids)
    return len(_matches(table, wanted))


def forward_page(table: Table, wanted: Filter, paging: Paging) -> tuple[list[Row], int | None]:
    """Return the rows behind `after_id`, and the last id of the page when more follow."""
    ids = table.ids if wanted.ids is None else wanted.ids
    start = bisect_right(ids, paging.after_id)
    rows = table.rows
    behind = (rows[row_id] for row_id in islice(ids, start, None))
    matching = behind if wanted.test is None else filter(wanted.test, behind)
    page = list(islice(matching, paging.size + 1))
    if len(page) <= paging.size:
        return page, None
    page.pop()
    return page, page[-1][0]


def navigable_page(
    table: Table, names: Names, wanted: Filter, order_by: str | None, paging: Paging
) -> tuple[list[Row], int]:
    """Return the rows of a numbered page and the number of all matching rows; raises ApiError 400."""
    orders = _orders(names, order_by)
    start = (paging.page - 1) * paging.size
    ids = _matches(table, wanted)
    if orders:
        ordered: Iterable[int] = _ordered(table, ids, orders)
        page = list(islice(ordered, start, start + paging.size))
    else:
        page = list(ids[start : start + paging.size])
    return [table.rows[row_id] for row_id in page], len(ids)


def _matches(table: Table, wanted: Filter) -> Sequence[int]:
    ids = table.ids if wanted.ids is None else wanted.ids
    if wanted.test is None:
        return ids
    test, rows = wanted.test, table.rows
    return [row_id for row_id in ids if test(rows[row_id])]


def _ordered(table: Table, ids: Sequence[int], orders: Sequence[_Order]) -> Iterable[int]:
    first = orders[0]
    if len(orders) == 1 and len(ids) > _SORTED_DIRECTLY and first.name.stored:
        walked = table.order(first.path, first.name.read).ids(descending=first.descending)
        if len(ids) == len(table.ids):
            return walked
        wanted = set(ids)
        return (row_id for row_id in walked if row_id in wanted)
    # ties come in the order of ids, or against it, as an index walk would give them
    ordered = list(reversed(ids)) if orders[-1].descending else list(ids)
    for order in reversed(orders):
        ordered.sort(key=_key_of(table, order), reverse=order.descending)
    return ordered


def _key_of(table: Table, order: _Order) -> Callable[[int], Any]:
    rows, read = table.rows, order.name.read
    return lambda row_id: sort_key(read(rows[row_id]))


def _orders(names: Names, order_by: str | None) -> list[_Order]:
    orders = []
    for part in (order_by or "").split(","):
        words = part.split()
        if not words:
            continue
        if len(words) > 2 or (words[1:] and words[1].lower() not in ("asc", "desc")):
            raise find_condition(f"'{part.strip()}' is not an order; write a name and asc or desc.")
        descending = len(words) == 2 and words[1].lower() == "desc"
        orders.append(_Order(words[0].lower(), names.find(words[0]), descending))
    return orders


def _joined(tests: list[Predicate]) -> Predicate | None:
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda row: all(test(row) for test in tests)
