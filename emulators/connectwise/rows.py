"""Rows of one collection in memory, with the indexes that keep lists of 500,000 rows usable."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulators.connectwise.resources import Collection
from emulators.connectwise.schema import Kind

Row = tuple[Any, ...]

# Columns behind the members of the model: bookkeeping of every row, then what one object needs for its rules.
AUDIT_COLUMNS = ("lastUpdated", "updatedBy", "dateEntered", "enteredBy")
INVOICED_THRU = "invoicedThru"
_OWN_COLUMNS = {"Agreement": (INVOICED_THRU,), "CallbackEntry": ("failingSince",)}
_INTERNED_LIMIT = 200_000
_interned: dict[Decimal, Decimal] = {}


def interned(value: Decimal) -> Decimal:
    """Return one shared object for equal numbers: prices and quantities repeat, and a Decimal takes 104 bytes."""
    if len(_interned) < _INTERNED_LIMIT:
        return _interned.setdefault(value, value)
    return _interned.get(value, value)


def fold(value: Any) -> Any:
    """Return the form in which values are compared: letter case does not count (connectwise.md 3.1)."""
    # a database compares letter by letter; Python's lower case of a sigma depends on its place in the word
    return value.lower().replace("ς", "σ") if isinstance(value, str) else value


class EqualityIndex:
    """Ids by folded value; a single id is kept bare, because most values are unique."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[Any, int | list[int]] = {}

    def add(self, value: Any, row_id: int) -> None:
        """Note that the row has the value; null is not indexed."""
        if value is None:
            return
        key = fold(value)
        known = self._ids.get(key)
        if known is None:
            self._ids[key] = row_id
        elif isinstance(known, int):
            self._ids[key] = sorted((known, row_id))
        else:
            insort(known, row_id)

    def discard(self, value: Any, row_id: int) -> None:
        """Forget that the row has the value."""
        if value is None:
            return
        key = fold(value)
        known = self._ids.get(key)
        if isinstance(known, list) and len(known) > 1:
            known.remove(row_id)
        else:
            self._ids.pop(key, None)

    def find(self, value: Any) -> Sequence[int]:
        """Return the ids with the value, ascending."""
        known = self._ids.get(fold(value))
        if known is None:
            return ()
        return (known,) if isinstance(known, int) else known


class OrderIndex:
    """Ids in the order of a key, kept up to date row by row; null comes first, ties by id."""

    __slots__ = ("_entries", "_key")

    def __init__(self, rows: Mapping[int, Row], key: Callable[[Row], Any]) -> None:
        self._key = key
        self._entries = sorted((*sort_key(key(row)), row_id) for row_id, row in rows.items())

    def replace(self, row_id: int, old: Row | None, new: Row | None) -> None:
        """Follow one change of a row."""
        before = None if old is None else (*sort_key(self._key(old)), row_id)
        after = None if new is None else (*sort_key(self._key(new)), row_id)
        if before == after:
            return
        if before is not None:
            del self._entries[bisect_left(self._entries, before)]
        if after is not None:
            insort(self._entries, after)

    def ids(self, *, descending: bool) -> Iterator[int]:
        """Yield the ids in order."""
        return (entry[2] for entry in (reversed(self._entries) if descending else self._entries))


def sort_key(value: Any) -> tuple[bool, Any]:
    """Return a key that sorts null before everything else and text without regard to case."""
    return (False, 0) if value is None else (True, fold(value))


class Table:
    """All rows of one collection as tuples in the order of `columns`."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        members = [member.name for member in collection.model.members.values() if member.kind is not Kind.INFO]
        self.columns = (*members, *AUDIT_COLUMNS, *_OWN_COLUMNS.get(collection.model.name, ()))
        self.at = {name: position for position, name in enumerate(self.columns)}
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.indexes: dict[str, EqualityIndex] = {}
        self.orders: dict[str, OrderIndex] = {}
        self.clear()

    def clear(self) -> None:
        """Forget all rows, in place because others hold on to the containers; ids start again at 1."""
        self.rows.clear()
        self.ids.clear()
        self.orders.clear()
        self.next_id = 1
        indexed = (*self.collection.indexed, *filter(None, (self.collection.parent,)))
        self.indexes.update((name, EqualityIndex()) for name in indexed)

    def make(self, values: Mapping[str, Any]) -> Row:
        """Return a row from values by column."""
        return tuple(values.get(name) for name in self.columns)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values of a row by column."""
        return dict(zip(self.columns, row, strict=True))

    def value(self, row: Row, column: str) -> Any:
        """Return one value of a row."""
        return row[self.at[column]]

    def put(self, row: Row) -> None:
        """Insert a row or replace the one with its id."""
        row_id = row[self.at["id"]]
        old = self.rows.get(row_id)
        if old is None:
            self._add_id(row_id)
        self.rows[row_id] = row
        self._follow(row_id, old, row)

    def remove(self, row_id: int) -> None:
        """Delete a row; its id is not given out again."""
        old = self.rows.pop(row_id)
        del self.ids[bisect_left(self.ids, row_id)]
        self._follow(row_id, old, None)

    def children(self, parent_id: int) -> Sequence[int]:
        """Return the ids under a parent, ascending."""
        return self.indexes[self.collection.parent].find(parent_id)

    def lookup(self, column: str, value: Any) -> int | None:
        """Return the lowest id whose column has the value, letter case aside."""
        index = self.indexes.get(column)
        if index is not None:
            found = index.find(value)
            return found[0] if found else None
        position, wanted = self.at[column], fold(value)
        return next((row_id for row_id in self.ids if fold(self.rows[row_id][position]) == wanted), None)

    def order(self, name: str, key: Callable[[Row], Any]) -> OrderIndex:
        """Return the ids in the order of a stored column, from an index that is built once."""
        index = self.orders.get(name)
        if index is None:
            index = self.orders[name] = OrderIndex(self.rows, key)
        return index

    def _add_id(self, row_id: int) -> None:
        if self.ids and row_id < self.ids[-1]:
            insort(self.ids, row_id)
        else:
            self.ids.append(row_id)
        self.next_id = max(self.next_id, row_id + 1)

    def _follow(self, row_id: int, old: Row | None, new: Row | None) -> None:
        for name, index in self.indexes.items():
            position = self.at[name]
            before = None if old is None else old[position]
            after = None if new is None else new[position]
            if before != after:
                index.discard(before, row_id)
                index.add(after, row_id)
        for order in self.orders.values():
            order.replace(row_id, old, new)
