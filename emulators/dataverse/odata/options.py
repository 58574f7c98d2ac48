"""Query options of a collection, a row or an expansion, bound to a table (dataverse.md 4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from emulators.dataverse.errors import DataverseError, not_emulated, query_syntax, unknown_property
from emulators.dataverse.model import CollectionNavigation, Column, ColumnType, OneToMany, Table
from emulators.dataverse.odata.parser import parse_filter
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.odata.syntax import Node

_MOST_EXPANSIONS: Final = 15
_REFUSED: Final = {"$skip": "Skip Clause is not supported in CRM"}
_NOT_EMULATED: Final = frozenset({"fetchXml", "savedQuery", "userQuery", "sql"})
_KNOWN: Final = frozenset(
    {"$select", "$filter", "$orderby", "$top", "$expand", "$count", "$apply", "$skiptoken", "$deltatoken"}
)
_INNER: Final = frozenset({"$select", "$filter", "$orderby", "$top", "$expand"})
_ONLY_SELECT: Final = (
    "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested "
    "one-to-many relationship."
)


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One column of `$orderby`, maybe behind lookups."""

    path: tuple[str, ...]
    descending: bool


@dataclass(slots=True)
class Expansion:
    """One navigation property of `$expand`."""

    name: str
    table: Table
    relationship: OneToMany | None
    collection: CollectionNavigation | None
    options: "QueryOptions"
    as_reference: bool = False


@dataclass(slots=True)
class QueryOptions:
    """Everything that shapes an answer; `select` None means all columns."""

    select: list[Column] | None = None
    filter: Node | None = None
    order: tuple[OrderTerm, ...] = ()
    top: int | None = None
    expand: list[Expansion] = field(default_factory=list)
    count: bool = False
    apply: str | None = None
    skip_token: str | None = None
    delta_token: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def read_options(
    scope: QueryScope, table: Table, query: list[tuple[str, str]], allowed: frozenset[str] = _KNOWN
) -> QueryOptions:
    """Return the options of a request on `table`; raises DataverseError."""
    texts: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for name, value in query:
        if name.startswith("@"):
            aliases[name] = value
        elif name.startswith("$"):
            _check_name(name, allowed)
            if name in texts:
                raise query_syntax(
                    f"Query option '{name}' was specified more than once, but it must be specified once."
                )
            texts[name] = value
        elif name in _NOT_EMULATED:
            raise not_emulated(f"the query option {name}")
    options = _bound(scope, table, texts, aliases)
    if sum(1 for _ in _all_expansions(options)) > _MOST_EXPANSIONS:
        raise query_syntax(f"The number of $expand options exceeds the maximum of {_MOST_EXPANSIONS}.")
    return options


def split_outside(text: str, mark: str) -> list[str]:
    """Split `text` at `mark` outside quotes and parentheses."""
    parts, depth, start, quoted = [], 0, 0, False
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == mark and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part.strip() for part in parts]


def _check_name(name: str, allowed: frozenset[str]) -> None:
    if name in _REFUSED:
        raise query_syntax(_REFUSED[name])
    if name not in allowed:
        raise query_syntax(f"The query parameter {name} is not supported.")


def _bound(
    scope: QueryScope, table: Table, texts: Mapping[str, str], aliases: Mapping[str, str] | None
) -> QueryOptions:
    options = QueryOptions(texts=texts)
    options.skip_token, options.delta_token = texts.get("$skiptoken"), texts.get("$deltatoken")
    options.apply = texts.get("$apply")
    for name, text in texts.items():
        match name:
            case "$select":
                options.select = selected(table, text)
            case "$filter":
                options.filter = parse_filter(text, aliases)
            case "$orderby":
                options.order = _order(scope, table, text, aliases)
            case "$top":
                options.top = _top(text)
            case "$expand":
                options.expand = [_expansion(scope, table, part) for part in split_outside(text, ",") if part]
            case "$count":
                options.count = _truth(text)
    return options


def selected(table: Table, text: str) -> list[Column]:
    """Return the columns of a `$select`: the primary key comes along, and the currency with money."""
    columns: dict[str, Column] = {}
    for part in text.split(","):
        name = part.strip()
        if not name:
            continue
        if name == "*":
            return [column for column in table.columns.values() if column.for_read]
        column = table.properties.get(name)
        if column is None or not column.for_read:
            raise unknown_property(name, table.logical_name)
        columns[column.logical_name] = column
        if column.type is ColumnType.MONEY and "transactioncurrencyid" in table.columns:
            columns["transactioncurrencyid"] = table.columns["transactioncurrencyid"]
    columns.setdefault(table.primary_id, table.columns[table.primary_id])
    return list(columns.values())


def _order(scope: QueryScope, table: Table, text: str, aliases: Mapping[str, str] | None) -> tuple[OrderTerm, ...]:
    terms = []
    for part in split_outside(text, ","):
        name, _, direction = part.partition(" ")
        direction = direction.strip()
        if direction not in ("", "asc", "desc"):
            raise query_syntax(f"Syntax error at position {text.find(direction)} in '{text}'.")
        path = tuple((aliases or {}).get(name, name).strip("'").split("/"))
        scope.path(table, path)
        terms.append(OrderTerm(path, direction == "desc"))
    return tuple(terms)


def _top(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise query_syntax(
            f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative "
            "integer value."
        )
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise query_syntax(
            f"Invalid value '{text}' for $count query option found. Valid values are 'true' and 'false'."
        )
    return text == "true"


def _expansion(scope: QueryScope, table: Table, text: str) -> Expansion:
    name, _, inner = text.partition("(")
    name = name.strip()
    if inner and not inner.endswith(")"):
        raise query_syntax(f"Syntax error at position {len(text)} in '{text}'.")
    as_reference = name.endswith("/$ref")
    name = name.removesuffix("/$ref")
    relationship, collection = table.lookups.get(name), table.collections.get(name)
    if relationship is not None:
        target_name, collection = relationship.referenced_table, None
    elif collection is not None:
        target_name = collection.target
    else:
        raise unknown_property(name, table.logical_name)
    if as_reference and relationship is None:
        raise query_syntax("Expand with $ref is only supported on lookup type navigation property.")
    target = scope.schema.tables[target_name]
    texts = _inner_texts(inner[:-1])
    options = _bound(scope, target, texts, None)
    _check_inner(options, relationship)
    return Expansion(name, target, relationship, collection, options, as_reference)


def _inner_texts(text: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for part in split_outside(text, ";"):
        if not part:
            continue
        name, _, value = part.partition("=")
        _check_name(name.strip(), _INNER)
        texts[name.strip()] = value.strip()
    return texts


def _check_inner(options: QueryOptions, relationship: OneToMany | None) -> None:
    limited = relationship is not None or options.expand
    if limited and (options.top is not None or options.order):
        raise query_syntax(_ONLY_SELECT)
    if any(_is_many_to_many(inner) for inner in options.expand):
        raise _no_nested_many_to_many()


def _is_many_to_many(expansion: Expansion) -> bool:
    return expansion.collection is not None and not isinstance(expansion.collection.relationship, OneToMany)


def _no_nested_many_to_many() -> DataverseError:
    return query_syntax("Nested $expand on many-to-many relationships is not supported.")


def _all_expansions(options: QueryOptions) -> list[Expansion]:
    return [inner for item in options.expand for inner in (item, *_all_expansions(item.options))]
