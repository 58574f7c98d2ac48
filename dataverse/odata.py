"""The text of OData requests: literals, filters, addresses of rows, and their encoding."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

T = TypeVar("T")

MAX_LIST_CHARACTERS = 30_000
"""Encoded length of one list of values; an address may have 32,768 characters, in a batch 65,536 (Dataverse: query)."""

MAX_LIST_VALUES = 500
"""Values of one list: each becomes a parameter of the SQL statement behind the query, which allows about 2,000."""

MAX_ALTERNATIVES = 100
"""Values of one chain of `or`: the query behind it may hold 500 conditions."""

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FORBIDDEN_IN_KEYS = frozenset("/<>*%&:\\?+#")
_UNENCODED = "(),;=:@$'/*"


class KeyValueForbidden(ValueError):
    """The value can never be part of an alternate key's address, encoded or not (Dataverse: alternate keys)."""


def guid_literal(value: str) -> str:
    """Return the GUID in lower case; raise ValueError when it is none, so that no other text enters an expression."""
    if not _GUID.fullmatch(value):
        raise ValueError(f"not a GUID: {value[:50]!r}")
    return value.lower()


def text_literal(value: str) -> str:
    """Return the text in single quotes, quotes inside doubled."""
    return "'" + value.replace("'", "''") + "'"


def time_literal(value: datetime) -> str:
    """Return the time in UTC as Dataverse stores it: whole seconds, fractions dropped."""
    # strftime writes the year 1 with one digit
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def row_address(entity_set: str, row_id: str) -> str:
    """Return the address of a row by its primary key."""
    return f"{entity_set}({guid_literal(row_id)})"


def key_address(entity_set: str, key: Mapping[str, str | int]) -> str:
    """Return the address of a row by an alternate key; lookup parts are named `_x_value` and hold a GUID.

    Raises KeyValueForbidden for values that Dataverse refuses in an address even when they are encoded.
    """
    return f"{entity_set}({','.join(f'{name}={_key_literal(name, value)}' for name, value in key.items())})"


def _key_literal(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return str(int(value))
    if name.startswith("_") and name.endswith("_value"):
        return guid_literal(value)
    forbidden = sorted({char for char in value if char in _FORBIDDEN_IN_KEYS or not char.isprintable()})
    if forbidden or not value:
        raise KeyValueForbidden(f"{name}: an alternate key cannot be addressed with {forbidden or 'an empty value'}")
    return quote(text_literal(value), safe="'")


def in_list(property_name: str, alias: str) -> str:
    """Return the condition that the property has one of the values of the alias (`json_list`).

    OData's own `in` operator is not documented for Dataverse; this query function is (Dataverse: query functions).
    """
    return f"Microsoft.Dynamics.CRM.In(PropertyName={text_literal(property_name)},PropertyValues={alias})"


def json_list(values: Iterable[str]) -> str:
    """Return the values as the JSON array that `in_list` refers to."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def any_of(property_name: str, literals: Iterable[str]) -> str:
    """Return the condition that the property equals one of the literals; `in_list` is not documented for lookups."""
    return "(" + " or ".join(f"{property_name} eq {literal}" for literal in literals) + ")"


def list_slices(values: Iterable[str]) -> Iterator[list[str]]:
    """Return the values in slices that fit into one address each; an empty input gives no slice."""
    piece: list[str] = []
    length = 0
    for value in values:
        cost = len(quote(json_list([value]), safe=_UNENCODED))
        if piece and (length + cost > MAX_LIST_CHARACTERS or len(piece) == MAX_LIST_VALUES):
            yield piece
            piece, length = [], 0
        piece.append(value)
        length += cost
    if piece:
        yield piece


def slices(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return the values in slices of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


@dataclass(frozen=True, slots=True)
class Query:
    """A query on an entity set or a row; options that are None are left out, `aliases` are parameters such as `@ids`.

    `top` is ignored by Dataverse when a page size is sent with the request (Dataverse: query).
    """

    path: str
    select: Sequence[str] | None = None
    filter: str | None = None
    expand: str | None = None
    order_by: str | None = None
    apply: str | None = None
    top: int | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def address(self) -> str:
        """Return path and encoded query."""
        options = {
            "$select": None if self.select is None else ",".join(self.select),
            "$filter": self.filter,
            "$expand": self.expand,
            "$orderby": self.order_by,
            "$apply": self.apply,
            "$top": None if self.top is None else str(self.top),
            **self.aliases,
        }
        text = "&".join(
            f"{name}={quote(value, safe=_UNENCODED)}" for name, value in options.items() if value is not None
        )
        return f"{self.path}?{text}" if text else self.path


def prefer(*, annotations: bool = False, representation: bool = False, page_size: int | None = None) -> dict[str, str]:
    """Return the `Prefer` header: formatted values of the columns, the row as it is after a write, rows a page."""
    wishes = []
    if annotations:
        wishes.append('odata.include-annotations="OData.Community.Display.V1.FormattedValue"')
    if representation:
        wishes.append("return=representation")
    if page_size is not None:
        wishes.append(f"odata.maxpagesize={page_size}")
    return {"Prefer": ",".join(wishes)} if wishes else {}
