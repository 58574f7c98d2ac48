"""`$apply`: aggregate, groupby and filter (dataverse.md 4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from emulators.dataverse.errors import DataverseError, not_emulated, query_syntax
from emulators.dataverse.model import Column, ColumnType, Table
from emulators.dataverse.odata.compiler import compile_filter
from emulators.dataverse.odata.operands import kind_of
from emulators.dataverse.odata.options import split_outside
from emulators.dataverse.odata.parser import parse_filter
from emulators.dataverse.odata.runner import Query
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.rows import Row
from emulators.dataverse.values import shown_value

_MOST_ROWS: Final = 50_000
_METHODS: Final = frozenset({"sum", "average", "min", "max", "countdistinct"})


@dataclass(frozen=True, slots=True)
class _Aggregate:
    alias: str
    method: str
    column: Column | None
    get: Callable[[Row], Any] | None


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    column: Column
    get: Callable[[Row], Any]


def apply_rows(scope: QueryScope, table: Table, text: str, query: Query) -> list[dict[str, Any]]:
    """Return the rows of an `$apply`; raises 400 for more than 50,000 rows and 501 for other transformations."""
    rows = list(islice(query.all_rows(), _MOST_ROWS + 1))
    if len(rows) > _MOST_ROWS:
        raise DataverseError(400, "0x8004e023", "AggregateQueryRecordLimit exceeded. Cannot perform this operation.")
    steps = split_outside(text, "/")
    for position, step in enumerate(steps):
        name, inner = _call(step)
        if name == "filter":
            test = compile_filter(scope, table, parse_filter(inner, {}))
            rows = [row for row in rows if test(row) is True]
        elif position != len(steps) - 1:
            raise not_emulated(f"the transformation {name} before another one")
        elif name == "aggregate":
            return [_aggregated(rows, _aggregates(scope, table, inner))]
        elif name == "groupby":
            return _grouped(scope, table, inner, rows)
        else:
            raise not_emulated(f"the transformation {name}")
    raise not_emulated("filter as the only transformation")


def _grouped(scope: QueryScope, table: Table, text: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    names, *rest = split_outside(text, ",")
    if not (names.startswith("(") and names.endswith(")")) or len(rest) > 1:
        raise query_syntax(f"Syntax error at position 0 in '{text}'.")
    groups = [_group(scope, table, name.strip()) for name in names[1:-1].split(",")]
    aggregates: list[_Aggregate] = []
    if rest:
        name, inner = _call(rest[0])
        if name != "aggregate":
            raise not_emulated(f"the transformation {name} inside groupby")
        aggregates = _aggregates(scope, table, inner)
    found: dict[tuple[Any, ...], list[Row]] = {}
    labels: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        values = [group.get(row) for group in groups]
        key = tuple(
            value.casefold() if kind_of(g.column) == "string" and value else value
            for g, value in zip(groups, values, strict=True)
        )
        labels.setdefault(key, values)
        found.setdefault(key, []).append(row)
    return [
        {
            group.name: shown_value(group.column, value)
            for group, value in zip(groups, labels[key], strict=True)
            if value is not None
        }
        | _aggregated(members, aggregates)
        for key, members in found.items()
    ]


def _group(scope: QueryScope, table: Table, name: str) -> _Group:
    _, column, get = scope.path(table, tuple(name.split("/")))
    return _Group(name.replace("/", "_") if "/" in name else name, column, get)


def _aggregates(scope: QueryScope, table: Table, text: str) -> list[_Aggregate]:
    found = []
    for part in split_outside(text, ","):
        words = part.split()
        match words:
            case ["$count", "as", alias]:
                found.append(_Aggregate(alias, "count", None, None))
            case [name, "with", method, "as", alias] if method in _METHODS:
                _, column, get = scope.path(table, tuple(name.split("/")))
                if method in ("sum", "average") and kind_of(column) != "number":
                    raise query_syntax(f"The column '{name}' cannot be aggregated with {method}.")
                found.append(_Aggregate(alias, method, column, get))
            case _:
                raise query_syntax(f"Syntax error at position 0 in '{part}'.")
    return found


def _aggregated(rows: list[Row], aggregates: list[_Aggregate]) -> dict[str, Any]:
    return {aggregate.alias: _value(rows, aggregate) for aggregate in aggregates}


def _value(rows: list[Row], aggregate: _Aggregate) -> Any:
    if aggregate.column is None or aggregate.get is None:
        return len(rows)
    values = [value for row in rows if (value := aggregate.get(row)) is not None]
    match aggregate.method:
        case "sum":
            return sum(values, _zero(aggregate.column)) if values else None
        case "average":
            return Decimal(sum(values)) / len(values) if values else None
        case "min":
            return shown_value(aggregate.column, min(values, default=None))
        case "max":
            return shown_value(aggregate.column, max(values, default=None))
        case _:
            return len(set(values))


def _zero(column: Column) -> Any:
    return Decimal(0) if column.type in (ColumnType.MONEY, ColumnType.DECIMAL) else 0


def _call(text: str) -> tuple[str, str]:
    name, opened, inner = text.strip().partition("(")
    if not opened or not inner.endswith(")"):
        raise query_syntax(f"Syntax error at position {len(name)} in '{text}'.")
    return name.strip(), inner[:-1].strip()
