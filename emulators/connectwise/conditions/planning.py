"""Which rows a filter can hold at all, from the indexes: no scan for ids, parents, identifiers and owners."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from emulators.connectwise.conditions.names import Name
from emulators.connectwise.conditions.syntax import (
    All,
    AnyOf,
    Comparison,
    Expression,
    Membership,
    Value,
)
from emulators.connectwise.rows import Table

_BRACKET = "[[]"


def candidates(expression: Expression, table: Table, find: Callable[[str], Name]) -> Sequence[int] | None:
    """Return ascending ids among which all matches are, or None when only a scan can tell."""
    match expression:
        case All(terms):
            found = [ids for term in terms if (ids := candidates(term, table, find)) is not None]
            return min(found, key=len, default=None)
        case AnyOf(terms):
            parts = [candidates(term, table, find) for term in terms]
            return None if None in parts else _union([part for part in parts if part is not None])
        case Comparison(path, "=", value, False):
            return _equal(table, find(path).index, (value,))
        case Membership(path, values, False):
            return _equal(table, find(path).index, values)
    return None


def _equal(table: Table, index: str | None, values: Sequence[Value]) -> Sequence[int] | None:
    if index is None or None in values or any(isinstance(value, str) and _BRACKET in value for value in values):
        return None
    if index == "id":
        ids = {int(value) for value in values if isinstance(value, Decimal) and value == int(value)}
        return sorted(row_id for row_id in ids if row_id in table.rows)
    lookup = table.indexes[index]
    return _union([lookup.find(value) for value in values])


def _union(parts: Sequence[Sequence[int]]) -> Sequence[int]:
    if len(parts) == 1:
        return parts[0]
    return sorted(set().union(*parts))
