"""Rows of one table in memory, with the indexes that queries and unique keys need."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from emulators.dataverse import errors
from emulators.dataverse.model import TEXT_TYPES, Column, Key, KeyStatus, Table

Row = dict[str, Any]
_FEW: Final = 32  # so many new ids are inserted one by one, more are sorted at once
_EMPTY: Final[frozenset[str]] = frozenset()
_KEPT_ORDERS: Final = 8


def folded(column: Column, value: Any) -> Any:
    """Return what two equal values share: text compares without letter case (dataverse.md 4)."""
    return value.casefold() if column.type in TEXT_TYPES and value is not None else value


class TableRows:
    """Rows by primary key; `put` and `remove` keep every index in step.

    Rows are never changed in place: an update puts a new dict, so that whoever holds the old one may go on reading.
    """

    def __init__(self, table: Table) -> None:
        self.table: Final = table
        self.by_id: Final[dict[str, Row]] = {}
        self._keys: dict[str, dict[tuple[Any, ...], str]] = {}
        self._equal: dict[str, dict[Any, set[str]]] = {}
        self._ids: list[str] = []
        self._new_ids: list[str] = []
        self._orders: dict[Any, tuple[int, list[str]]] = {}
        self.changes = 0
        for key in table.keys.values():
            self._keys[key.logical_name] = {}
        for column in table.columns.values():
            if column.is_reference:
                self._equal[column.logical_name] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def put(self, row_id: str, row: Row) -> None:
        """Insert or replace one row; raises DataverseError 412 when an active alternate key is taken."""
        before = self.by_id.get(row_id)
        self._put_keys(row_id, before, row)
        if before is None:
            self._new_ids.append(row_id)
        self._index(row_id, before, row)
        self.by_id[row_id] = row
        self.changes += 1

    def remove(self, row_id: str) -> None:
        """Remove one row that exists."""
        row = self.by_id.pop(row_id)
        for key in self.table.keys.values():
            values = self.key_values(key, row)
            index = self._keys[key.logical_name]
            if index.get(values) == row_id:
                del index[values]
        self._index(row_id, row, None)
        ids = self.ids()
        del ids[bisect_left(ids, row_id)]
        self.changes += 1

    def clear(self) -> None:
        """Remove all rows."""
        self.by_id.clear()
        self._ids, self._new_ids, self._orders = [], [], {}
        for unique in self._keys.values():
            unique.clear()
        for index in self._equal.values():
            index.clear()
        self.changes += 1

    def ids(self) -> list[str]:
        """Return all ids in order; do not change the list."""
        if len(self._new_ids) > _FEW:
            self._ids += self._new_ids
            self._ids.sort()
        else:
            for row_id in self._new_ids:
                insort(self._ids, row_id)
        self._new_ids = []
        return self._ids

    def ids_after(self, row_id: str | None) -> Iterator[str]:
        """Yield the ids behind `row_id` in order, from the start for None."""
        ids = self.ids()
        return iter(ids[0 if row_id is None else bisect_right(ids, row_id) :])

    def ordered_ids(self, order: Any, sort: Callable[[Iterable[str]], list[str]]) -> list[str]:
        """Return all ids in the order that `sort` makes; `order` names it, so that later pages need no sort."""
        kept = self._orders.get(order)
        if kept is not None and kept[0] == self.changes:
            return kept[1]
        ids = sort(self.by_id)
        while len(self._orders) >= _KEPT_ORDERS:
            self._orders.pop(next(iter(self._orders)))
        self._orders[order] = (self.changes, ids)
        return ids

    def with_value(self, column: Column, value: Any) -> Collection[str]:
        """Return the ids of the rows whose `column` equals `value`, from an index made on first use."""
        name = column.logical_name
        if name == self.table.primary_id:
            return (value,) if value in self.by_id else ()
        index = self._equal.get(name)
        if index is None:
            index = self._equal[name] = {}
            for row_id, row in self.by_id.items():
                if (kept := row.get(name)) is not None:
                    index.setdefault(folded(column, kept), set()).add(row_id)
        return index.get(folded(column, value), _EMPTY)

    def with_key(self, key: Key, values: tuple[Any, ...]) -> str | None:
        """Return the id of the row with these key values, in the order of the key's columns."""
        columns = self.table.columns
        wanted = tuple(folded(columns[name], value) for name, value in zip(key.columns, values, strict=True))
        return self._keys[key.logical_name].get(wanted)

    def add_key(self, key: Key) -> bool:
        """Build the index of a new key; False when existing rows collide."""
        index = self._keys[key.logical_name] = {}
        for row_id, row in self.by_id.items():
            values = self.key_values(key, row)
            if None not in values and index.setdefault(values, row_id) != row_id:
                return False
        return True

    def drop_key(self, key: Key) -> None:
        """Forget the index of a removed key."""
        self._keys.pop(key.logical_name, None)

    def index_reference(self, column: Column) -> None:
        """Index a new lookup column."""
        self._equal.setdefault(column.logical_name, {})

    def drop_column(self, name: str) -> None:
        """Forget the values and the index of a removed column."""
        self._equal.pop(name, None)
        for row in self.by_id.values():
            row.pop(name, None)

    def key_values(self, key: Key, row: Row) -> tuple[Any, ...]:
        """Return the values of `row` that the index of `key` holds."""
        columns = self.table.columns
        return tuple(folded(columns[name], row.get(name)) for name in key.columns)

    def _put_keys(self, row_id: str, before: Row | None, row: Row) -> None:
        entries = []
        for key in self.table.keys.values():
            values = self.key_values(key, row)
            index = self._keys[key.logical_name]
            taken = index.get(values, row_id) != row_id  # values with a null part are not in the index
            if taken and key.status is KeyStatus.ACTIVE:
                raise errors.duplicate_key(key.schema_name, key.columns)
            entries.append((index, self.key_values(key, before) if before is not None else None, values))
        for index, old, values in entries:
            if old is not None and old != values and index.get(old) == row_id:
                del index[old]
            if None not in values:
                index[values] = row_id

    def _index(self, row_id: str, before: Row | None, after: Row | None) -> None:
        columns = self.table.columns
        for name, index in self._equal.items():
            column = columns[name]
            old = folded(column, before.get(name)) if before is not None else None
            new = folded(column, after.get(name)) if after is not None else None
            if old == new:
                continue
            if old is not None:
                ids = index[old]
                ids.discard(row_id)
                if not ids:
                    del index[old]
            if new is not None:
                index.setdefault(new, set()).add(row_id)
