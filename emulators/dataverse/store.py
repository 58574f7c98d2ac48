"""All rows, in transactions that undo themselves, with versions, change log and journal."""

import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from emulators.dataverse.json_text import dumps, loads
from emulators.dataverse.model import EXACT_NUMBER_TYPES, ColumnType, Table
from emulators.dataverse.rows import Row, TableRows
from emulators.dataverse.schema import Schema
from emulators.dataverse.values import ValueReader

_FIRST_VERSION: Final = 1_000_000
_LOG_SLACK: Final = 1000
_GUID_LENGTH: Final = 36
_DELETIONS: Final = "$deleted"


class JournalLike(Protocol):
    """What the store needs of a journal."""

    def load(self) -> Iterator[tuple[str, str, str]]: ...
    def put_many(self, rows: list[tuple[str, str, str | None]]) -> None: ...
    def clear(self, collection: str | None = None) -> None: ...


class Change(NamedTuple):
    """One row before and after; `before` None is a creation, `after` None a deletion."""

    table: Table
    row_id: str
    before: Row | None
    after: Row | None


class ChangeLog:
    """Which rows of one table changed since a version, and which were deleted (dataverse.md 9)."""

    def __init__(self) -> None:
        self._versions: list[int] = []
        self._ids: list[str] = []
        self.deletions: list[tuple[int, str]] = []

    def add(self, version: int, row_id: str, rows: TableRows) -> None:
        """Note that `row_id` now has `version`."""
        self._versions.append(version)
        self._ids.append(row_id)
        if len(self._versions) > 2 * len(rows) + _LOG_SLACK:
            live = [(v, i) for v, i in self._entries(0) if rows.by_id.get(i, {}).get("versionnumber") == v]
            self._versions, self._ids = [v for v, _ in live], [i for _, i in live]

    def changed_since(self, version: int, rows: TableRows) -> list[str]:
        """Return the ids of rows newer than `version`, oldest change first."""
        start = bisect_right(self._versions, version)
        return [i for v, i in self._entries(start) if rows.by_id.get(i, {}).get("versionnumber") == v]

    def deleted_since(self, version: int) -> list[str]:
        """Return the ids of rows deleted after `version`, in order."""
        return [i for _, i in self.deletions[bisect_right(self.deletions, (version, "~")) :]]

    def _entries(self, start: int) -> Iterator[tuple[int, str]]:
        return zip(self._versions[start:], self._ids[start:], strict=True)


class Store:
    """Rows of all tables; every write happens inside `transaction`."""

    def __init__(self, schema: Schema, journal: JournalLike | None = None) -> None:
        self.schema: Final = schema
        self.version = _FIRST_VERSION
        self.cleared_at = 0
        self._journal = journal
        self._tables: dict[str, TableRows] = {}
        self._logs: dict[str, ChangeLog] = {}
        self._undo: list[Change] | None = None
        self._loaded_deletions: list[tuple[int, str, str]] = []

    def rows(self, table: Table) -> TableRows:
        """Return the rows of a table."""
        found = self._tables.get(table.logical_name)
        if found is None:
            found = self._tables[table.logical_name] = TableRows(table)
        return found

    def log(self, table: Table) -> ChangeLog:
        """Return the change log of a table."""
        return self._logs.setdefault(table.logical_name, ChangeLog())

    def next_version(self) -> int:
        """Return a new row version."""
        self.version += 1
        return self.version

    @contextmanager
    def transaction(self) -> Iterator[list[Change]]:
        """Run writes as one: all stay, or none when the body raises; yields the changes made so far."""
        if self._undo is not None:  # an inner transaction belongs to the outer one
            yield self._undo
            return
        changes: list[Change] = []
        self._undo = changes
        try:
            yield changes
        except BaseException:
            for change in reversed(changes):
                self._restore(change)
            raise
        else:
            self._keep(changes)
        finally:
            self._undo = None

    def put(self, table: Table, row_id: str, row: Row) -> None:
        """Insert or replace a row and give it a new version."""
        rows = self.rows(table)
        row["versionnumber"] = self.next_version()
        before = rows.by_id.get(row_id)
        rows.put(row_id, row)
        self._changes().append(Change(table, row_id, before, row))

    def remove(self, table: Table, row_id: str) -> None:
        """Remove a row that exists."""
        rows = self.rows(table)
        before = rows.by_id[row_id]
        rows.remove(row_id)
        self._changes().append(Change(table, row_id, before, None))

    def clear(self, keep: frozenset[str]) -> None:
        """Empty all tables but those in `keep`."""
        for name, rows in self._tables.items():
            if name not in keep:
                rows.clear()
                if self._journal is not None:
                    self._journal.clear(name)
        self._logs.clear()
        # deletions by a clear are not logged, so nobody can follow changes across it
        self.cleared_at = self.next_version()
        if self._journal is not None:
            self._journal.clear(_DELETIONS)

    def forget(self, table: Table) -> None:
        """Drop the rows of a removed table."""
        self._tables.pop(table.logical_name, None)
        self._logs.pop(table.logical_name, None)
        if self._journal is not None:
            self._journal.clear(table.logical_name)

    def load(self, collection: str, row_id: str, text: str) -> None:
        """Take a row, or a deletion, over from the journal; rows of unknown tables are left out."""
        if collection == _DELETIONS:
            name, _, deleted_id = row_id.partition("/")
            self._loaded_deletions.append((int(text), name, deleted_id))
            return
        table = self.schema.tables.get(collection)
        if table is None:
            return
        row: Row = loads(text)
        for name, value in row.items():
            column = table.columns.get(name)
            if column is not None and column.type in (*EXACT_NUMBER_TYPES, ColumnType.DOUBLE):
                row[name] = ValueReader(table, strict=False).read(column, value)
            elif isinstance(value, str) and len(value) == _GUID_LENGTH:
                row[name] = sys.intern(value)
        rows = self.rows(table)
        rows.put(row_id, row)
        self.version = max(self.version, row["versionnumber"])

    def index_loaded(self) -> None:
        """Fill the change logs after the last `load`."""
        for name, rows in self._tables.items():
            log = self._logs[name] = ChangeLog()
            for version, row_id in sorted((row["versionnumber"], row_id) for row_id, row in rows.by_id.items()):
                log.add(version, row_id, rows)
        for version, name, row_id in sorted(self._loaded_deletions):
            self._logs.setdefault(name, ChangeLog()).deletions.append((version, row_id))
            self.version = max(self.version, version)
        self._loaded_deletions.clear()

    def _changes(self) -> list[Change]:
        if self._undo is None:
            raise RuntimeError("a write needs a transaction")
        return self._undo

    def _restore(self, change: Change) -> None:
        rows = self.rows(change.table)
        if change.before is None:
            rows.remove(change.row_id)
        else:
            rows.put(change.row_id, change.before)

    def _keep(self, changes: list[Change]) -> None:
        last = {(change.table.logical_name, change.row_id): change for change in changes}
        written: list[tuple[str, str, str | None]] = []
        for (name, row_id), change in last.items():
            log = self.log(change.table)
            if change.after is not None:
                log.add(change.after["versionnumber"], row_id, self.rows(change.table))
            else:
                log.deletions.append((self.next_version(), row_id))
            if self._journal is not None:
                written.append((name, row_id, None if change.after is None else dumps(change.after).decode()))
                if change.after is None:
                    written.append((_DELETIONS, f"{name}/{row_id}", str(self.version)))
        if self._journal is not None and written:
            self._journal.put_many(written)
