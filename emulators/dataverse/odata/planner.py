"""Which rows can match at all: candidates from indexes, so that a query need not look at every row."""

from collections.abc import Collection

from emulators.dataverse.model import EXACT_NUMBER_TYPES, Column, ColumnType, Table
from emulators.dataverse.odata.operands import agreed, column_operand, literal_operand
from emulators.dataverse.odata.query_functions import named_column, named_values
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.odata.syntax import Comparison, Literal, Logical, Node, Property, QueryFunction

_NOT_INDEXED = frozenset({*EXACT_NUMBER_TYPES, ColumnType.DOUBLE, ColumnType.BOOLEAN, ColumnType.MULTI_SELECT})


def candidates(scope: QueryScope, table: Table, node: Node) -> Collection[str] | None:
    """Return ids among which are all rows that match `node`, None when only a look at all rows can tell."""
    match node:
        case Logical(operator="and"):
            found = [ids for operand in node.operands if (ids := candidates(scope, table, operand)) is not None]
            return min(found, key=len) if found else None
        case Logical():
            united: set[str] = set()
            for operand in node.operands:
                ids = candidates(scope, table, operand)
                if ids is None:
                    return None
                united.update(ids)
            return united
        case Comparison(operator="eq"):
            left, right = node.left, node.right
            if isinstance(left, Literal):
                left, right = right, left
            if isinstance(left, Property) and isinstance(right, Literal) and right.kind != "null":
                return _equal(scope, table, left.path, right)
        case QueryFunction(name="In"):
            column = named_column(table, node)
            if column.type not in _NOT_INDEXED:
                return _united(scope, table, column, named_values(node, column))
    return None


def _equal(scope: QueryScope, table: Table, path: tuple[str, ...], literal: Literal) -> Collection[str] | None:
    if len(path) == 1:
        column = scope.column(table, path[0])
        if column.type in _NOT_INDEXED:
            return None
        _, right = agreed(
            "eq", column_operand(column, lambda row: row.get(column.logical_name)), literal_operand(literal)
        )
        return scope.store.rows(table).with_value(column, right.get({}))
    relationship = table.lookups.get(path[0])
    if relationship is None:
        return None
    inner = _equal(scope, scope.schema.tables[relationship.referenced_table], path[1:], literal)
    if inner is None:
        return None
    return _united(scope, table, table.columns[relationship.referencing_column], inner)


def _united(scope: QueryScope, table: Table, column: Column, values: Collection[str]) -> set[str]:
    rows = scope.store.rows(table)
    return {row_id for value in values for row_id in rows.with_value(column, value)}
