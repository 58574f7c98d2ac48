"""Values between Dataverse's JSON and Python; a column that is absent from a row counts as empty."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from dataverse.errors import AnswerNotUnderstood
from dataverse.odata import time_literal

Row = Mapping[str, Any]
"""A row as Dataverse answers it, annotations included; numbers with a fraction are Decimal."""

T = TypeVar("T")

_STORED_DECIMALS = Decimal("1e-10")
_FORMATTED = "@OData.Community.Display.V1.FormattedValue"


# --- read


def text(row: Row, name: str) -> str | None:
    """Return a text; Dataverse stores an empty one as null."""
    return _typed(row, name, str) or None


def whole(row: Row, name: str) -> int | None:
    """Return a whole number or a choice."""
    value = _typed(row, name, int)
    return None if value is None else int(value)


def flag(row: Row, name: str) -> bool:
    """Return a yes/no value, False when it is empty."""
    return bool(_typed(row, name, bool))


def exact(row: Row, name: str) -> Decimal | None:
    """Return a decimal number or money."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return _typed(row, name, Decimal)


def guid(row: Row, name: str) -> str | None:
    """Return a GUID in lower case; of a lookup, `name` is its property `_x_value`."""
    value = _typed(row, name, str)
    return value.lower() if value else None


def moment(row: Row, name: str) -> datetime | None:
    """Return a time in UTC."""
    value = _typed(row, name, str)
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError as malformed:
        raise _unexpected(name, value) from malformed


def day(row: Row, name: str) -> date | None:
    """Return a date as it is written; a time part is cut off, never converted through a time zone."""
    value = _typed(row, name, str)
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as malformed:
        raise _unexpected(name, value) from malformed


def formatted(row: Row, name: str) -> str | None:
    """Return the formatted value, for a lookup the name of its row; it depends on the caller's language."""
    return text(row, name + _FORMATTED)


def child(row: Row, name: str) -> Row | None:
    """Return an expanded row."""
    value = row.get(name)
    if value is not None and not isinstance(value, dict):
        raise _unexpected(name, value)
    return value


def etag(row: Row) -> str:
    """Return the row's ETag; raise AnswerNotUnderstood when there is none."""
    return required(text(row, "@odata.etag"), "@odata.etag")


def required(value: T | None, name: str) -> T:
    """Return the value; raise AnswerNotUnderstood when a column is empty that cannot be."""
    if value is None:
        raise _unexpected(name, None)
    return value


def _typed(row: Row, name: str, kind: type[T]) -> T | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _unexpected(name, value)
    return value


def _unexpected(name: str, value: object) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(
        method="GET", path="", status=200, vendor_message=f"column {name} holds {type(value).__name__}"
    )


# --- write


def fitted(value: str | None, longest: int) -> str | None:
    """Return the text as Dataverse can store it: at most `longest` UTF-16 units, no control characters, None if empty.

    Dataverse refuses a row for one text that is too long or holds a character that XML cannot; a text that is only
    shown to people is rather cut than lost.
    """
    if value is None:
        return None
    plain = "".join(char for char in value if char >= " " or char in "\t\n\r").strip()
    units = plain.encode("utf-16-le", "replace")
    if len(units) > 2 * longest:
        plain = units[: 2 * (longest - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
    else:
        plain = units.decode("utf-16-le")
    return plain or None


def stored_decimal(value: Decimal | None) -> Decimal | None:
    """Return the number at the 10 decimals of our decimal columns."""
    if value is None or int(value.as_tuple().exponent) >= -10:
        return value
    return value.quantize(_STORED_DECIMALS)


def stored_time(value: datetime | None) -> str | None:
    """Return the time in whole seconds, fractions dropped."""
    return None if value is None else time_literal(value)


def stored_deadline(value: datetime | None) -> str | None:
    """Return the time in whole seconds, rounded up: a lease must not end earlier than its holder believes."""
    if value is None:
        return None
    return time_literal(value + timedelta(seconds=1) if value.microsecond else value)


def holds(row: Row, written: Mapping[str, Any]) -> bool:
    """Tell whether the row's columns have the values that were to be written (bodies without `@odata.bind`)."""
    return all(_same(value, row.get(name)) for name, value in written.items())


def _same(written: object, stored: object) -> bool:
    if isinstance(written, str) and isinstance(stored, str):
        # line ends may be stored as CRLF
        return written.splitlines() == stored.splitlines()
    return written == stored
