"""Evaluation of the functions of the Microsoft.Dynamics.CRM namespace (dataverse.md 4)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from emulators.dataverse.errors import not_emulated, query_syntax, unknown_property
from emulators.dataverse.model import EXACT_NUMBER_TYPES, Column, ColumnType, Table
from emulators.dataverse.odata.functions import COUNTED_SPANS, FIXED_SPANS, NOT_EMULATED, Span
from emulators.dataverse.odata.operands import Getter, column_operand, comparable, kind_of
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.odata.syntax import Literal, QueryFunction
from emulators.dataverse.rows import Row
from emulators.dataverse.values import kept_moment

Predicate = Callable[[Row], bool | None]
_DAY_FUNCTIONS: Final = frozenset({"On", "NotOn", "OnOrAfter", "OnOrBefore"})
_VALUE_FUNCTIONS: Final = frozenset({"In", "NotIn", "Between", "NotBetween", "ContainValues", "DoesNotContainValues"})
_CALLER_FUNCTIONS: Final = frozenset({"EqualUserId", "NotEqualUserId", "EqualBusinessId", "NotEqualBusinessId"})
_ONE_DAY: Final = 10  # characters of "YYYY-MM-DD"


def query_predicate(scope: QueryScope, table: Table, node: QueryFunction) -> Predicate:
    """Return the test of one query function; raises 400 for a wrong argument and 501 for what is not emulated."""
    name = node.name
    if name in NOT_EMULATED:
        raise not_emulated(f"Microsoft.Dynamics.CRM.{name}")
    column = named_column(table, node)
    get = column_operand(column, lambda row: row.get(column.logical_name)).get
    if name in _VALUE_FUNCTIONS:
        return _value_predicate(node, column, get)
    if name in _CALLER_FUNCTIONS:
        wanted = scope.user_id if name.endswith("UserId") else scope.business_unit_id
        return _tested(get, lambda value: (value == wanted) is not name.startswith("Not"))
    if column.type is not ColumnType.DATE_TIME:
        raise query_syntax(f"The function Microsoft.Dynamics.CRM.{name} needs a date column.")
    if name in _DAY_FUNCTIONS:
        return _day_predicate(node, get)
    if name in FIXED_SPANS:
        return _in_span(column, get, FIXED_SPANS[name](scope.now))
    if name in COUNTED_SPANS:
        return _in_span(column, get, COUNTED_SPANS[name](scope.now, _count(node)))
    raise query_syntax(f"An unknown function with name 'Microsoft.Dynamics.CRM.{name}' was found.")


def named_column(table: Table, node: QueryFunction) -> Column:
    """Return the column that `PropertyName` names, as property or as logical name."""
    literal = node.arguments.get("PropertyName")
    if literal is None or literal.kind != "string":
        raise query_syntax(f"The function Microsoft.Dynamics.CRM.{node.name} needs the parameter PropertyName.")
    column = table.properties.get(literal.value) or table.columns.get(literal.value)
    if column is None or not column.for_read:
        raise unknown_property(literal.value, table.logical_name)
    return column


def named_values(node: QueryFunction, column: Column) -> list[Any]:
    """Return `PropertyValues` in the form that rows keep, text folded; they arrive as strings or numbers."""
    literal = node.arguments.get("PropertyValues")
    if literal is None or literal.kind != "list":
        raise query_syntax(f"The function Microsoft.Dynamics.CRM.{node.name} needs the parameter PropertyValues.")
    return [_converted(item, column) for item in literal.value]


def _value_predicate(node: QueryFunction, column: Column, get: Getter) -> Predicate:
    values = named_values(node, column)
    negative = node.name in ("NotIn", "NotBetween", "DoesNotContainValues")
    if node.name.endswith("Between"):
        if len(values) != 2:
            raise query_syntax("The function Between needs two values.")
        low, high = values
        return _tested(get, lambda value: (low <= value <= high) is not negative)
    if node.name.endswith("ContainValues"):
        wanted = {str(value) for value in values}
        return _tested(get, lambda value: bool(wanted & set(value.split(","))) is not negative)
    members = frozenset(values)
    return _tested(get, lambda value: (value in members) is not negative)


def _converted(item: Literal, column: Column) -> Any:
    kind = kind_of(column)
    if item.kind == kind:
        return comparable(item)
    try:
        match kind:
            case "number" if item.kind == "string":
                return _number(item.value, column)
            case "guid" | "date" | "datetime" if item.kind in ("string", "guid", "date"):
                return comparable(Literal(kind, item.value.lower() if kind == "guid" else item.value))
            case "boolean" if item.kind == "string":
                return {"true": True, "false": False, "1": True, "0": False}[item.value.lower()]
            case "string":
                return str(item.value).casefold()
    except (ValueError, KeyError, ArithmeticError):
        pass
    raise query_syntax(f"The value '{item.value}' cannot be compared with the column '{column.logical_name}'.")


def _number(text: str, column: Column) -> Any:
    exact = column.type in EXACT_NUMBER_TYPES or column.type is ColumnType.DOUBLE
    return Decimal(text) if exact else int(text)


def _day_predicate(node: QueryFunction, get: Getter) -> Predicate:
    literal = node.arguments.get("PropertyValue")
    if literal is None or literal.kind not in ("string", "date", "datetime"):
        raise query_syntax(f"The function Microsoft.Dynamics.CRM.{node.name} needs the parameter PropertyValue.")
    day = comparable(Literal("date", literal.value))
    tests: dict[str, Callable[[Any], bool]] = {
        "On": lambda value: value[:_ONE_DAY] == day,
        "NotOn": lambda value: value[:_ONE_DAY] != day,
        "OnOrAfter": lambda value: value[:_ONE_DAY] >= day,
        "OnOrBefore": lambda value: value[:_ONE_DAY] <= day,
    }
    return _tested(get, tests[node.name])


def _in_span(column: Column, get: Getter, span: Span) -> Predicate:
    length = _ONE_DAY if column.date_only else None
    low, high = (None if end is None else kept_moment(end)[:length] for end in span)
    if low is None:
        return _tested(get, lambda value: high is not None and value < high)
    if high is None:
        return _tested(get, lambda value: value >= low)
    return _tested(get, lambda value: low <= value < high)


def _count(node: QueryFunction) -> int:
    literal = node.arguments.get("PropertyValue")
    if literal is not None and literal.kind in ("number", "string") and str(literal.value).isdigit():
        return int(literal.value)
    raise query_syntax(f"The function Microsoft.Dynamics.CRM.{node.name} needs a whole number as PropertyValue.")


def _tested(get: Getter, test: Callable[[Any], bool]) -> Predicate:
    def matches(row: Row) -> bool | None:
        value = get(row)
        return None if value is None else test(value)

    return matches
