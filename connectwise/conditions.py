"""The `conditions` language (Developer Guide), built from typed parts so that no value can change the meaning."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Value = str | int | Decimal | bool | date | datetime | None

_PATH = re.compile(r"[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as ConnectWise reads it; `uses_in` because child and custom field conditions do not know `in`."""

    text: str
    uses_in: bool = False
    mixed: bool = False


def compare(path: str, operator: Operator, value: Value) -> Condition:
    """Compare a member (`company/id`) with a value; `None` stands for null.

    Texts may be compared without regard to letter case (not stated by the vendor): compare exactly afterwards.
    """
    return Condition(f"{_checked(path)} {operator} {literal(value)}")


def contains(path: str, text: str, *, negated: bool = False) -> Condition:
    """Match `text` anywhere in the member.

    A square bracket is written `[[]` (Developer Guide). `%`, `_` and `*` may act as wildcards, which finds more than
    asked, never less: filter exactly afterwards.
    """
    return Condition(f"{_checked(path)} {'not ' if negated else ''}contains {literal(text.replace('[', '[[]'))}")


def one_of(path: str, values: Sequence[Value]) -> Condition:
    """Match any of the values; raises ValueError when there are none, because `in ()` is not valid."""
    if not values:
        raise ValueError("a condition with `in` needs at least one value")
    return Condition(f"{_checked(path)} in ({','.join(literal(value) for value in values)})", uses_in=True)


def all_of(*conditions: Condition) -> Condition:
    """Join with `and`."""
    return _joined("and", conditions)


def any_of(*conditions: Condition) -> Condition:
    """Join with `or`."""
    return _joined("or", conditions)


def split_in(path: str, values: Sequence[Value], fits: Callable[[Condition], bool]) -> Iterator[Condition]:
    """Yield `in` conditions that together hold all values, each as long as `fits` allows but never without a value."""
    start = 0
    while start < len(values):
        end = _longest_fit(path, values, start, fits)
        yield one_of(path, values[start:end])
        start = end


def literal(value: Value) -> str:
    """Write a value; raises ValueError for a datetime without zone and a number that is not finite.

    Double-quoted text with backslash escapes: the vendor documents the quotes but not how to write one inside a value.
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Decimal() if not value.is_finite():
            raise ValueError(f"{value} cannot be compared")
        case Decimal():
            return format(value, "f")
        case int():
            return int.__repr__(value)
        case datetime():
            return f"[{_utc_seconds(value)}]"
        case date():
            return f"[{_utc_seconds(datetime.combine(value, time(), UTC))}]"


def encoded(text: str) -> str:
    """Return a query value as it stands in the URL."""
    return quote(text, safe="/", errors="replace")


def _longest_fit(path: str, values: Sequence[Value], start: int, fits: Callable[[Condition], bool]) -> int:
    """Return the end of the longest slice from `start` that fits: doubled until too long, then bisected."""
    shortest, size = start + 1, 2
    while start + size <= len(values) and fits(one_of(path, values[start : start + size])):
        shortest, size = start + size, size * 2
    longest = min(len(values), start + size)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if fits(one_of(path, values[start:middle])):
            shortest = middle
        else:
            longest = middle - 1
    return shortest


def _joined(word: str, conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        raise ValueError(f"nothing to join with `{word}`")
    if len(conditions) == 1:
        return conditions[0]
    # The precedence of `and` over `or` is not stated anywhere: parentheses whenever a part is itself joined.
    parts = [f"({condition.text})" if condition.mixed else condition.text for condition in conditions]
    return Condition(f" {word} ".join(parts), any(condition.uses_in for condition in conditions), mixed=True)


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not the name of a member")
    return path


def _utc_seconds(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without zone cannot be compared")
    # Fractions of seconds are refused.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
