"""Trees of filters as functions on rows; comparisons with null are false, as in SQL."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from emulators.connectwise.conditions.names import Name, Read
from emulators.connectwise.conditions.patterns import TextTest, contains, equals, like
from emulators.connectwise.conditions.syntax import (
    All,
    AnyOf,
    Comparison,
    Expression,
    Membership,
    Time,
    Value,
)
from emulators.connectwise.errors import find_condition
from emulators.connectwise.rows import fold
from emulators.connectwise.schema import Kind

Predicate = Callable[[Any], bool]
Find = Callable[[str], Name]

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_NUMERIC = (Kind.INTEGER, Kind.NUMBER)
_TEXTUAL = (Kind.TEXT, Kind.ENUM)


def compile_expression(expression: Expression, find: Find) -> Predicate:
    """Return a test for rows; raises ApiError 400 `ApiFindCondition` for unknown names and unfit values."""
    match expression:
        case All(terms):
            return _all([compile_expression(term, find) for term in terms])
        case AnyOf(terms):
            return _any_of([compile_expression(term, find) for term in terms])
        case Membership(path, values, negated):
            return _membership(find(path), path, values, negated=negated)
        case Comparison(path, op, value, negated):
            return _comparison(find(path), path, op, value, negated=negated)


def literal(kind: Kind, path: str, value: Value) -> Any:
    """Return a literal in the form in which the column holds values; raises ApiError when it does not fit."""
    if isinstance(value, bool):
        fits = kind in (Kind.BOOLEAN, Kind.ANY)
    elif isinstance(value, Decimal):
        fits = kind in (*_NUMERIC, Kind.ANY)
    elif isinstance(value, Time):
        fits, value = kind is Kind.TIME, value.text
    else:
        fits = kind in (*_TEXTUAL, Kind.ANY)
    if not fits:
        raise find_condition(f"{path} cannot be compared with this kind of value.")
    return value


def _all(tests: list[Predicate]) -> Predicate:
    if len(tests) == 2:
        first, second = tests
        return lambda row: first(row) and second(row)
    return lambda row: all(test(row) for test in tests)


def _any_of(tests: list[Predicate]) -> Predicate:
    if len(tests) == 2:
        first, second = tests
        return lambda row: first(row) or second(row)
    return lambda row: any(test(row) for test in tests)


def _membership(name: Name, path: str, values: tuple[Value, ...], *, negated: bool) -> Predicate:
    if None in values:
        raise find_condition(f"{path}: null cannot be in a list.")
    wanted = frozenset(fold(literal(name.kind, path, value)) for value in values)
    return _on_present(name.read, lambda value: (fold(value) in wanted) is not negated)


def _comparison(name: Name, path: str, op: str, value: Value, *, negated: bool) -> Predicate:
    if value is None:
        return _null_test(name.read, path, op)
    wanted = literal(name.kind, path, value)
    if op in ("contains", "like"):
        return _text_test(name.read, contains(wanted) if op == "contains" else like(wanted), negated=negated)
    if op in ("=", "!="):
        return _equality(name.read, wanted, negated=op == "!=")
    if isinstance(wanted, bool):
        raise find_condition(f"{path} has no order.")
    return _ordered(name.read, _ORDER[op], fold(wanted))


def _null_test(read: Read, path: str, op: str) -> Predicate:
    if op == "=":
        return lambda row: read(row) is None
    if op == "!=":
        return lambda row: read(row) is not None
    raise find_condition(f"{path}: null has no order.")


def _equality(read: Read, wanted: Any, *, negated: bool) -> Predicate:
    if isinstance(wanted, str):
        return _text_test(read, equals(wanted), negated=negated)
    return _on_present(read, lambda value: (_same(value, wanted)) is not negated)


def _same(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def _text_test(read: Read, test: TextTest, *, negated: bool) -> Predicate:
    def holds(row: Any) -> bool:
        value = read(row)
        return isinstance(value, str) and test(value) is not negated

    return holds


def _ordered(read: Read, compare: Callable[[Any, Any], bool], wanted: Any) -> Predicate:
    textual = isinstance(wanted, str)

    def holds(row: Any) -> bool:
        value = fold(read(row))
        return value is not None and isinstance(value, str) is textual and compare(value, wanted)

    return holds


def _on_present(read: Read, test: Predicate) -> Predicate:
    def holds(row: Any) -> bool:
        value = read(row)
        return value is not None and test(value)

    return holds
