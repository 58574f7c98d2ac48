"""PATCH of a record: operations, and the comparison that unmasks a 200 without effect."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from connectwise.errors import RequestInvalid
from connectwise.paging import Row

_MEMBER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class PatchIgnored(RequestInvalid):
    """ConnectWise answered 200, yet the returned record does not hold what was asked (Developer Guide)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one member; `member` is its bare name, case-sensitive.

    Raises ValueError for a path into a reference (`company/identifier`), which ConnectWise answers with 200 and ignores
    (Developer Guide): replace the reference as a whole.
    """

    op: Literal["add", "replace", "remove"]
    member: str
    value: Any = None

    def __post_init__(self) -> None:
        if not _MEMBER.fullmatch(self.member):
            raise ValueError(f"{self.member!r} is not the bare name of a member; replace references as a whole")

    def as_json(self) -> dict[str, Any]:
        """Return the operation as it is sent."""
        named = {"op": self.op, "path": self.member}
        return named if self.op == "remove" else {**named, "value": self.value}


def replaced(member: str, value: Any) -> Operation:
    """Return the operation that sets a member."""
    return Operation("replace", member, value)


def removed(member: str) -> Operation:
    """Return the operation that empties a member."""
    return Operation("remove", member)


def without_effect(operations: Sequence[Operation], record: Row) -> tuple[str, ...]:
    """Return the members that the returned record does not show as asked."""
    return tuple(operation.member for operation in operations if not _took_effect(operation, record))


def _took_effect(operation: Operation, record: Row) -> bool:
    found = record.get(operation.member)
    if operation.op == "remove":
        return _is_empty(found)
    if operation.op == "add" and isinstance(found, list) and not isinstance(operation.value, list):
        return any(_shows(operation.value, element) for element in found)
    return _shows(operation.value, found)


def _is_empty(value: Any) -> bool:
    # Empty members are mostly left out of answers; numbers and flags fall back to their default.
    return value is None or value in ("", [], {}) or (isinstance(value, bool | int | Decimal) and not value)


def _shows(asked: Any, found: Any) -> bool:
    """Whether `found` holds everything that `asked` holds; the server adds members and names to references."""
    match asked:
        case None:
            return _is_empty(found)
        case Mapping():
            return isinstance(found, Mapping) and all(_shows(part, found.get(name)) for name, part in asked.items())
        case list() | tuple():
            return isinstance(found, list) and all(any(_shows(part, one) for one in found) for part in asked)
        case str():
            return isinstance(found, str) and (asked.strip() == found.strip() or _same_moment(asked, found))
        case bool():
            return found is asked
        case _:
            return isinstance(found, int | Decimal) and not isinstance(found, bool) and bool(asked == found)


def _same_moment(asked: str, found: str) -> bool:
    try:
        return datetime.fromisoformat(asked) == datetime.fromisoformat(found)
    except (ValueError, TypeError):
        return False
