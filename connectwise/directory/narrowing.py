"""A narrowing as conditions: never exact, but never leaving out what is wanted."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from connectwise.conditions import Condition, all_of, any_of, compare, contains, encoded
from connectwise.directory.records import ListKind, Narrowing

_MOST_TYPES = 8
"""More alternatives would only make the URL longer."""
_LONGEST_TYPES = 400
_LONGEST_PIECE = 60
"""Characters: a URL has room for about 1,900, and the ids of a mapped list want most of it."""


def conditions_of(kind: ListKind, narrowing: Narrowing) -> list[Condition]:
    """Return the conditions on the record itself."""
    conditions = []
    if kind is ListKind.COMPANY:
        conditions.append(compare("deletedFlag", "=", False))
    if narrowing.name_piece:
        conditions.append(contains("name", narrowing.name_piece[:_LONGEST_PIECE].strip()))
    if narrowing.company_piece and kind is ListKind.AGREEMENT:
        conditions.append(contains("company/name", narrowing.company_piece[:_LONGEST_PIECE].strip()))
    if narrowing.status is not None and kind is ListKind.COMPANY:
        conditions.append(_is("status", narrowing.status))
    if kind is ListKind.AGREEMENT and _are_few(narrowing.types):
        conditions.append(any_of(*(_is("type", one) for one in narrowing.types)))
    if narrowing.modified_since is not None:
        conditions.append(compare("lastUpdated", ">=", datetime.combine(narrowing.modified_since, time(), UTC)))
    return conditions


def child_condition_of(kind: ListKind, narrowing: Narrowing) -> Condition | None:
    """Return the condition on the types of a company, an array in which `in` is not available."""
    if kind is not ListKind.COMPANY or not _are_few(narrowing.types):
        return None
    return any_of(*(_is("types", one) for one in narrowing.types))


def joined(conditions: list[Condition]) -> Condition | None:
    """Return all conditions as one, None without any."""
    return all_of(*conditions) if conditions else None


def _are_few(types: Sequence[int | str]) -> bool:
    return 0 < len(types) <= _MOST_TYPES and sum(len(encoded(str(one))) for one in types) <= _LONGEST_TYPES


def _is(path: str, value: int | str) -> Condition:
    return compare(f"{path}/id" if isinstance(value, int) else f"{path}/name", "=", value)
