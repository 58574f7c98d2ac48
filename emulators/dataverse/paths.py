"""Path segments and keys of a URL (dataverse.md 2, 6)."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from emulators.dataverse import errors
from emulators.dataverse.errors import DataverseError, segment_not_found
from emulators.dataverse.json_text import decimal_text
from emulators.dataverse.model import Column, ColumnType, Key, KeyStatus, Table
from emulators.dataverse.odata.operands import comparable, kind_of
from emulators.dataverse.odata.parser import Parser
from emulators.dataverse.odata.syntax import Literal
from emulators.dataverse.values import GUID

LONGEST_URL: Final = 32768
LONGEST_BATCH_URL: Final = 65536
_SEGMENT: Final = re.compile(r"([^()]+)(?:\((.*)\))?", re.DOTALL)
_FORBIDDEN: Final = frozenset("/<>*%&:\\?+#")
_NO_GUID_KEY: Final = frozenset({"systemuser", "team"})  # named primary keys are not allowed for these


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: a name and, when there are parentheses, what stands in them."""

    name: str
    arguments: str | None = None


@dataclass(frozen=True, slots=True)
class RowAddress:
    """A row by primary key (`row_id`) or by alternate key with the values as rows keep them."""

    table: Table
    row_id: str | None
    key: Key | None = None
    values: tuple[object, ...] = ()
    text: str = ""


def read_segments(path: str) -> list[Segment]:
    """Return the segments of a percent-encoded path; slashes inside quotes do not separate."""
    parts, start, quoted = [], 0, False
    for position, character in enumerate(path):
        if character == "'" or path.startswith("%27", position):
            quoted = not quoted
        elif character == "/" and not quoted:
            parts.append(path[start:position])
            start = position + 1
    parts.append(path[start:])
    segments = []
    for part in parts:
        match = _SEGMENT.fullmatch(unquote(part))
        if match is None:
            raise segment_not_found(unquote(part))
        segments.append(Segment(match[1], match[2]))
    return segments


def read_address(table: Table, text: str, aliases: dict[str, str] | None = None) -> RowAddress:
    """Return the row that a key in parentheses names; raises 400 for a key that is not declared."""
    if GUID.fullmatch(text):
        return RowAddress(table, text.lower(), text=text)
    if not text or ("=" not in text and not text.startswith("'")):
        raise errors.query_syntax("Error encountered while parsing the key of the request URI.")
    pairs = _pairs(text, aliases or {})
    if list(pairs) == [table.primary_id]:
        literal = pairs[table.primary_id]
        if literal.kind != "guid" or table.logical_name in _NO_GUID_KEY:
            raise errors.key_mismatch(table.logical_name)
        return RowAddress(table, literal.value, text=text)
    names = {_column_name(table, name): literal for name, literal in pairs.items()}
    for key in table.keys.values():
        if key.status is KeyStatus.ACTIVE and set(key.columns) == set(names):
            values = tuple(_key_value(table.columns[name], names[name]) for name in key.columns)
            return RowAddress(table, None, key, values, text)
    raise errors.key_mismatch(table.logical_name)


def check_length(url: str, *, in_batch: bool) -> None:
    """Refuse a GET URL that is longer than documented."""
    if len(url) > (LONGEST_BATCH_URL if in_batch else LONGEST_URL):
        raise DataverseError(414, "0x0", "The request URI is too long.")


def _pairs(text: str, aliases: dict[str, str]) -> dict[str, Literal]:
    pairs: dict[str, Literal] = {}
    parser = Parser(text, aliases)
    while True:
        name = parser.expect_name()
        parser.expect_mark("=")
        literal = pairs[name] = parser.literal()
        if literal.kind == "string" and _FORBIDDEN & set(literal.value):
            raise errors.key_characters(name)
        if not parser.take_mark(","):
            break
    parser.expect_end()
    return pairs


def _column_name(table: Table, name: str) -> str:
    column = table.properties.get(name)
    if column is None:
        raise errors.key_mismatch(table.logical_name)
    return column.logical_name


def _key_value(column: Column, literal: Literal) -> object:
    kind = kind_of(column)
    value = literal.value
    if literal.kind == "null":
        raise errors.key_mismatch(column.table)
    if kind == "string":
        if literal.kind != "string":
            raise errors.key_mismatch(column.table)
        return value
    if kind == "number" and literal.kind == "number":
        if column.type not in (ColumnType.DECIMAL, ColumnType.MONEY) and not isinstance(value, int):
            raise errors.literal_not_converted(column.table, decimal_text(value), "Edm.Int32")
        return value
    if kind == "guid" and literal.kind == "guid":
        return value
    if kind in ("date", "datetime") and literal.kind in ("date", "datetime"):
        return comparable(Literal(kind, value))
    raise errors.key_mismatch(column.table)
