"""A narrowing as conditions: never exact, but never leaving out what is wanted."""

from datetime import UTC, datetime, time

from connectwise.conditions import Condition, all_of, any_of, compare, contains
from connectwise.directory.records import ListKind, Narrowing

_MOST_TYPES = 8
"""More alternatives would only make the URL longer."""


def conditions_of(kind: ListKind, narrowing: Narrowing) -> list[Condition]:
    """Return the conditions on the record itself."""
    conditions = []
    if kind is ListKind.COMPANY:
        conditions.append(compare("deletedFlag", "=", False))
    if narrowing.name_piece:
        conditions.append(contains("name", narrowing.name_piece))
    if narrowing.company_piece and kind is ListKind.AGREEMENT:
        conditions.append(contains("company/name", narrowing.company_piece))
    if narrowing.status is not None and kind is ListKind.COMPANY:
        conditions.append(_is("status", narrowing.status))
    if narrowing.types and kind is ListKind.AGREEMENT and len(narrowing.types) <= _MOST_TYPES:
        conditions.append(any_of(*(_is("type", one) for one in narrowing.types)))
    if narrowing.modified_since is not None:
        conditions.append(compare("lastUpdated", ">=", datetime.combine(narrowing.modified_since, time(), UTC)))
    return conditions


def child_condition_of(kind: ListKind, narrowing: Narrowing) -> Condition | None:
    """Return the condition on the types of a company, an array in which `in` is not available."""
    if kind is not ListKind.COMPANY or not 0 < len(narrowing.types) <= _MOST_TYPES:
        return None
    return any_of(*(_is("types", one) for one in narrowing.types))


def joined(conditions: list[Condition]) -> Condition | None:
    """Return all conditions as one, None without any."""
    return all_of(*conditions) if conditions else None


def _is(path: str, value: int | str) -> Condition:
    return compare(f"{path}/id" if isinstance(value, int) else f"{path}/name", "=", value)
