"""Turns an expression into a function of a row, with SQL's three-valued logic (null is neither true nor false)."""

import operator as operators
from collections.abc import Callable
from typing import Any, Final

from emulators.dataverse.errors import not_emulated, query_syntax, unknown_property
from emulators.dataverse.model import Table
from emulators.dataverse.odata.operands import (
    Getter,
    Operand,
    agreed,
    column_operand,
    folding,
    kind_of,
    like,
    literal_operand,
)
from emulators.dataverse.odata.query_functions import query_predicate
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.odata.syntax import (
    Call,
    Comparison,
    Lambda,
    Literal,
    Logical,
    Negation,
    Node,
    Property,
    QueryFunction,
)
from emulators.dataverse.rows import Row

Predicate = Callable[[Row], bool | None]
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operators.eq,
    "ne": operators.ne,
    "gt": operators.gt,
    "ge": operators.ge,
    "lt": operators.lt,
    "le": operators.le,
}


def compile_filter(scope: QueryScope, table: Table, node: Node, variable: str | None = None) -> Predicate:
    """Return the test of an expression on rows of `table`; inside a lambda paths start with `variable`."""
    return _Compiler(scope, table, variable).predicate(node)


class _Compiler:
    def __init__(self, scope: QueryScope, table: Table, variable: str | None) -> None:
        self._scope = scope
        self._table = table
        self._variable = variable

    def predicate(self, node: Node) -> Predicate:
        match node:
            case Logical():
                parts = [self.predicate(operand) for operand in node.operands]
                return _conjunction(parts) if node.operator == "and" else _disjunction(parts)
            case Negation():
                return _negated(self.predicate(node.operand))
            case Comparison():
                return self._comparison(node)
            case Call():
                return self._call(node)
            case QueryFunction():
                return query_predicate(self._scope, self._table, node)
            case Lambda():
                return self._lambda(node)
            case Property() | Literal():
                operand = self._operand(node)
                if operand.kind != "boolean":
                    raise query_syntax("The $filter expression must evaluate to a single boolean value.")
                return operand.get

    def _comparison(self, node: Comparison) -> Predicate:
        left, right = agreed(node.operator, self._operand(node.left), self._operand(node.right))
        if "null" in (left.kind, right.kind):
            return _null_test(node.operator, left if right.kind == "null" else right)
        compare = _OPERATORS[node.operator]
        if right.literal is not None:
            return _with_constant(compare, left.get, right.get({}))
        if left.literal is not None:
            return _with_constant(lambda value, constant: compare(constant, value), right.get, left.get({}))
        return _of_columns(compare, left.get, right.get)

    def _operand(self, node: Node) -> Operand:
        match node:
            case Literal():
                return literal_operand(node)
            case Property():
                _, column, get = self._scope.path(self._table, self._own_path(node.path))
                return column_operand(column, get)
            case _:
                raise not_emulated("comparing the result of an expression")

    def _call(self, node: Call) -> Predicate:
        subject, value = node.arguments
        if not isinstance(subject, Property) or not isinstance(value, Literal):
            raise not_emulated(f"{node.name} on anything but a column and a constant")
        _, column, get = self._scope.path(self._table, self._own_path(subject.path))
        if kind_of(column) != "string" or value.kind not in ("string", "null"):
            raise query_syntax(f"No function signature for the function with name '{node.name}' matches.")
        if value.value is None:
            return lambda _row: None
        test = like(value.value.casefold(), before=node.name != "startswith", after=node.name != "endswith")
        text = folding(get)

        def matches(row: Row) -> bool | None:
            kept = text(row)
            return None if kept is None else test(kept)

        return matches

    def _lambda(self, node: Lambda) -> Predicate:
        *lookups, name = self._own_path(node.path)
        table, steps = self._table, []
        for lookup in lookups:
            relationship = table.lookups.get(lookup)
            if relationship is None:
                raise unknown_property(lookup, table.logical_name)
            steps.append(self._scope.follow(relationship))
            table = self._scope.schema.tables[relationship.referenced_table]
        navigation = table.collections.get(name)
        if navigation is None:
            raise unknown_property(name, table.logical_name)
        target = self._scope.schema.tables[navigation.target]
        body = None if node.body is None else compile_filter(self._scope, target, node.body, node.variable)
        owner, scope, of_all = table, self._scope, node.quantifier == "all"

        def matches(row: Row) -> bool | None:
            current: Row | None = row
            for step in steps:
                current = step(current) if current is not None else None
            if current is None:
                return None
            related = scope.related(owner, navigation, current[owner.primary_id])
            if body is None:
                return next(related, None) is not None
            results = (body(found) is True for _, found in related)
            return all(results) if of_all else any(results)

        return matches

    def _own_path(self, path: tuple[str, ...]) -> tuple[str, ...]:
        if self._variable is None:
            return path
        if path[0] != self._variable or len(path) == 1:
            raise unknown_property(path[0], self._table.logical_name)
        return path[1:]


def _conjunction(parts: list[Predicate]) -> Predicate:
    def matches(row: Row) -> bool | None:
        result: bool | None = True
        for part in parts:
            value = part(row)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    return matches


def _disjunction(parts: list[Predicate]) -> Predicate:
    def matches(row: Row) -> bool | None:
        result: bool | None = False
        for part in parts:
            value = part(row)
            if value is True:
                return True
            if value is None:
                result = None
        return result

    return matches


def _negated(part: Predicate) -> Predicate:
    def matches(row: Row) -> bool | None:
        value = part(row)
        return None if value is None else not value

    return matches


def _null_test(operator: str, side: Operand) -> Predicate:
    get = side.get
    match operator:
        case "eq":
            return lambda row: get(row) is None
        case "ne":
            return lambda row: get(row) is not None
        case _:
            return lambda _row: None


def _with_constant(compare: Callable[[Any, Any], bool], get: Getter, constant: Any) -> Predicate:
    def matches(row: Row) -> bool | None:
        value = get(row)
        return None if value is None else compare(value, constant)

    return matches


def _of_columns(compare: Callable[[Any, Any], bool], left: Getter, right: Getter) -> Predicate:
    def matches(row: Row) -> bool | None:
        a, b = left(row), right(row)
        return None if a is None or b is None else compare(a, b)

    return matches
