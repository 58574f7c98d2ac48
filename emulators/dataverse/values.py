"""Values of columns: checked on the way in, kept in one canonical form, shown as the Web API does (dataverse.md 5).

Kept forms: text as str; whole numbers and choices as int; decimal and money as Decimal; double as float; yes/no as
bool; date-time as "YYYY-MM-DDTHH:MM:SS" in UTC without the Z, so that text order is time order; date only as
"YYYY-MM-DD"; several choices as "1,2"; ids as lower-case GUID text.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, Final

from emulators.dataverse import errors
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.json_text import decimal_text
from emulators.dataverse.model import Column, ColumnType, Table

GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_ZONED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_BIG: Final = 2**63
_FIRST_YEAR: Final = 1753  # the platform's earliest date
EDM: Final = {
    ColumnType.STRING: "Edm.String",
    ColumnType.MEMO: "Edm.String",
    ColumnType.ENTITY_NAME: "Edm.String",
    ColumnType.MULTI_SELECT: "Edm.String",
    ColumnType.INTEGER: "Edm.Int32",
    ColumnType.BIG_INTEGER: "Edm.Int64",
    ColumnType.DECIMAL: "Edm.Decimal",
    ColumnType.MONEY: "Edm.Decimal",
    ColumnType.DOUBLE: "Edm.Double",
    ColumnType.BOOLEAN: "Edm.Boolean",
    ColumnType.PICKLIST: "Edm.Int32",
    ColumnType.STATE: "Edm.Int32",
    ColumnType.STATUS: "Edm.Int32",
    ColumnType.UNIQUE_IDENTIFIER: "Edm.Guid",
    ColumnType.LOOKUP: "Edm.Guid",
    ColumnType.CUSTOMER: "Edm.Guid",
    ColumnType.OWNER: "Edm.Guid",
}


def edm_type(column: Column) -> str:
    """Return the OData type of a column."""
    if column.type is ColumnType.DATE_TIME:
        return "Edm.Date" if column.date_only else "Edm.DateTimeOffset"
    return EDM[column.type]


class ValueReader:
    """Reads the JSON values of one table's columns; refusals are DataverseError.

    `strict` false serves seeds: types are checked, lengths, ranges and choices are not.
    """

    def __init__(self, table: Table, *, strict: bool = True) -> None:
        self._table = table
        self._strict = strict

    def read(self, column: Column, raw: Any) -> Any:
        """Return the kept form of `raw`, None for null."""
        if raw is None:
            return None
        return self._READERS[column.type](self, column, raw)

    def _text(self, column: Column, raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise self._wrong_type(column, raw)
        if self._strict and column.max_length is not None and self._length(column, raw) > column.max_length:
            raise errors.too_long(column.logical_name, self._table.logical_name, column.max_length)
        return raw or None

    def _length(self, column: Column, raw: str) -> int:
        if raw.isascii():
            return len(raw)
        try:
            return len(raw.encode("utf-16-le")) // 2  # the platform counts UTF-16 units
        except UnicodeEncodeError as error:
            raise self._wrong_type(column, ascii(raw)) from error

    def _whole(self, column: Column, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not -_BIG <= raw < _BIG:
            raise self._wrong_type(column, raw)
        self._check_range(column, Decimal(raw))
        return raw

    def _exact(self, column: Column, raw: Any) -> Decimal:
        number = self._number(column, raw)
        self._check_range(column, number)
        if self._strict and column.type is ColumnType.DECIMAL and column.precision is not None:
            return rounded(number, column.precision)
        return number

    def _double(self, column: Column, raw: Any) -> float:
        number = self._number(column, raw)
        self._check_range(column, number)
        return float(rounded(number, column.precision) if self._strict and column.precision is not None else number)

    def _boolean(self, column: Column, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise self._wrong_type(column, raw)
        return raw

    def _moment(self, column: Column, raw: Any) -> str:
        kept = date_text(raw) if column.date_only else self._zoned(raw)
        if kept is None:
            raise self._wrong_type(column, raw)
        if int(kept[:4]) < _FIRST_YEAR:
            raise errors.out_of_range(column.logical_name, self._table.logical_name)
        return kept if column.date_only else kept[:19]

    def _zoned(self, raw: Any) -> str | None:
        if self._strict and not (isinstance(raw, str) and _ZONED.fullmatch(raw)):
            return None
        return moment_text(raw)

    def _choice(self, column: Column, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise self._wrong_type(column, raw)
        if self._strict and column.options is not None and column.options.label_of(raw) is None:
            raise errors.choice_out_of_range(column.logical_name, self._table.logical_name, raw)
        return raw

    def _choices(self, column: Column, raw: Any) -> str | None:
        if not isinstance(raw, str) or not re.fullmatch(r"(-?\d+(,-?\d+)*)?", raw):
            raise self._wrong_type(column, raw)
        if not raw:
            return None
        return ",".join(str(self._choice(column, value)) for value in sorted({int(part) for part in raw.split(",")}))

    def _guid(self, column: Column, raw: Any) -> str:
        if not isinstance(raw, str) or not GUID.fullmatch(raw):
            raise self._wrong_type(column, raw)
        return raw.lower()

    def _number(self, column: Column, raw: Any) -> Decimal:
        if isinstance(raw, float) and not self._strict:
            raw = Decimal(repr(raw))  # a seed made in Python
        if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
            raise self._wrong_type(column, raw)
        return Decimal(raw)

    def _check_range(self, column: Column, number: Decimal) -> None:
        if not self._strict:
            return
        below = column.minimum is not None and number < column.minimum
        if below or (column.maximum is not None and number > column.maximum):
            raise errors.out_of_range(column.logical_name, self._table.logical_name)

    def _wrong_type(self, column: Column, raw: Any) -> DataverseError:
        return errors.literal_not_converted(self._table.set_name, shown(raw), edm_type(column))

    _READERS: ClassVar[Mapping[ColumnType, Callable[..., Any]]] = {
        ColumnType.STRING: _text,
        ColumnType.MEMO: _text,
        ColumnType.ENTITY_NAME: _text,
        ColumnType.INTEGER: _whole,
        ColumnType.BIG_INTEGER: _whole,
        ColumnType.DECIMAL: _exact,
        ColumnType.MONEY: _exact,
        ColumnType.DOUBLE: _double,
        ColumnType.BOOLEAN: _boolean,
        ColumnType.DATE_TIME: _moment,
        ColumnType.PICKLIST: _choice,
        ColumnType.STATE: _choice,
        ColumnType.STATUS: _choice,
        ColumnType.MULTI_SELECT: _choices,
        ColumnType.UNIQUE_IDENTIFIER: _guid,
        ColumnType.LOOKUP: _guid,
        ColumnType.CUSTOMER: _guid,
        ColumnType.OWNER: _guid,
    }


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Return `number` at `decimals` places, halves away from zero (domain.md M4)."""
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shown(raw: Any) -> str:
    """Return `raw` as an error text of Dataverse shows it."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return decimal_text(raw) if isinstance(raw, Decimal) else str(raw)


def date_text(raw: Any) -> str | None:
    """Return "YYYY-MM-DD" when `raw` is exactly a date, else None."""
    if not isinstance(raw, str) or not _DATE.fullmatch(raw):
        return None
    try:
        return date.fromisoformat(raw).isoformat()
    except ValueError:
        return None


def moment_text(raw: Any) -> str | None:
    """Return the kept form of an ISO 8601 time with zone, with a fraction if it has one; a bare date is midnight."""
    if not isinstance(raw, str):
        return None
    if (day := date_text(raw)) is not None:
        return f"{day}T00:00:00"
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if moment.tzinfo is None or "T" not in raw.upper():
        return None
    return kept_moment(moment)


def kept_moment(moment: datetime) -> str:
    """Return the kept form of an aware time."""
    try:
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except OverflowError:
        return moment.replace(tzinfo=None).isoformat()
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment_of(kept: str) -> datetime:
    """Return a kept date-time as an aware time."""
    return datetime.fromisoformat(kept).replace(tzinfo=UTC)


def shown_value(column: Column, kept: Any) -> Any:
    """Return a kept value as JSON of the Web API shows it."""
    if kept is not None and column.type is ColumnType.DATE_TIME and not column.date_only:
        return f"{kept}Z"
    return kept
