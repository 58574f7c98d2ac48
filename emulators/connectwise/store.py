"""All collections of one emulator, with the journal that lets them survive a restart."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from sys import intern
from typing import Any

from emulators.connectwise.exact import dumps, loads
from emulators.connectwise.resources import collections
from emulators.connectwise.rows import Row, Table, interned
from emulators.connectwise.schema import Kind
from emulators.control_plane import Journal

_SEQUENCES = "sequences"


class Store:
    """Tables by collection path; writes reach the journal with `commit`."""

    def __init__(self, journal: Journal | None) -> None:
        self.tables: Mapping[str, Table] = {path: Table(collection) for path, collection in collections().items()}
        self._journal = journal
        self._changed: dict[tuple[str, int], None] = {}
        self._moved_sequences: set[str] = set()
        self._numbers: dict[str, int] = {}

    def __getitem__(self, path: str) -> Table:
        return self.tables[path]

    def put(self, path: str, row: Row) -> None:
        """Insert or replace a row."""
        self.tables[path].put(row)
        self._note(path, row[0])

    def remove(self, path: str, row_id: int) -> None:
        """Delete a row."""
        self.tables[path].remove(row_id)
        self._note(path, row_id)
        # without this line the highest id would be given out again after a restart
        self._moved_sequences.add(path)

    def commit(self) -> None:
        """Write what changed since the last commit, in one transaction."""
        if self._journal is not None and (self._changed or self._moved_sequences):
            self._journal.put_many(self._journal_lines())
        self._changed.clear()
        self._moved_sequences.clear()

    def take_id(self, path: str) -> int:
        """Return a new id of a collection."""
        table = self.tables[path]
        table.next_id += 1
        return table.next_id - 1

    def take_number(self, sequence: str) -> int:
        """Return the next number of a sequence that has no collection of its own."""
        number = self._numbers.get(sequence, 0) + 1
        self._numbers[sequence] = number
        self._moved_sequences.add(sequence)
        return number

    def clear_records(self) -> None:
        """Empty every collection that is not a setup list."""
        cleared = [path for path, table in self.tables.items() if not table.collection.setup]
        for path in cleared:
            self.tables[path].clear()
        self._numbers.clear()
        self._changed.clear()
        self._moved_sequences.clear()
        if self._journal is not None:
            for path in (*cleared, _SEQUENCES):
                self._journal.clear(path)

    def load(self) -> int:
        """Read the journal back and return the number of rows."""
        count = 0
        for path, key, text in self._journal.load() if self._journal is not None else ():
            if path == _SEQUENCES:
                self._restore_sequence(key, int(text))
                continue
            table = self.tables[path]
            table.put(_row_of_journal(table, loads(text)))
            count += 1
        return count

    def _note(self, path: str, row_id: int) -> None:
        if self._journal is not None:
            self._changed[path, row_id] = None

    def _journal_lines(self) -> Iterator[tuple[str, str, str | None]]:
        for path, row_id in self._changed:
            table = self.tables[path]
            row = table.rows.get(row_id)
            yield path, str(row_id), None if row is None else _journal_text(table, row)
        for name in self._moved_sequences:
            number = self.tables[name].next_id if name in self.tables else self._numbers[name]
            yield _SEQUENCES, name, str(number)

    def _restore_sequence(self, key: str, number: int) -> None:
        if key in self.tables:
            self.tables[key].next_id = max(self.tables[key].next_id, number)
        else:
            self._numbers[key] = number


def _journal_text(table: Table, row: Row) -> str:
    values = {name: value for name, value in zip(table.columns, row, strict=True) if value is not None}
    return dumps(values).decode()


def _row_of_journal(table: Table, values: dict[str, Any]) -> Row:
    for name, member in table.collection.model.members.items():
        value = values.get(name)
        if value is None:
            continue
        if member.kind is Kind.NUMBER:
            values[name] = interned(Decimal(value))
        elif member.kind in (Kind.TIME, Kind.ENUM):
            values[name] = intern(value)
        elif isinstance(value, list):
            values[name] = tuple(value)
    return table.make(values)
