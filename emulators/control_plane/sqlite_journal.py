"""Rows of an emulator on disk, so that they survive a restart."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

_SCHEMA = """
create table if not exists rows (
    collection text not null,
    key text not null,
    json text not null,
    primary key (collection, key)
)
"""
_PUT = (
    "insert into rows (collection, key, json) values (?, ?, ?) "
    "on conflict (collection, key) do update set json = excluded.json"
)


class Journal:
    """Key-value rows by collection in one SQLite file, or nowhere when `path` is None.

    A written row survives the death of the process, but not that of the machine (`synchronous=OFF`).
    """

    def __init__(self, path: Path | None) -> None:
        self._connection: sqlite3.Connection | None = None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=off")
        self._connection.execute(_SCHEMA)

    def load(self) -> Iterator[tuple[str, str, str]]:
        """Yield (collection, key, json) in the order in which the rows were first written."""
        if self._connection is not None:
            yield from self._connection.execute("select collection, key, json from rows order by rowid")

    def put_many(self, rows: Iterable[tuple[str, str, str | None]]) -> None:
        """Write (collection, key, json) rows in one transaction, in order; json None deletes the row."""
        if self._connection is None:
            return
        self._connection.execute("begin immediate")
        try:
            for collection, key, text in rows:
                if text is None:
                    self._connection.execute("delete from rows where collection = ? and key = ?", (collection, key))
                else:
                    self._connection.execute(_PUT, (collection, key, text))
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def clear(self, collection: str | None = None) -> None:
        """Delete the rows of one collection, or of all."""
        if self._connection is None:
            return
        if collection is None:
            self._connection.execute("delete from rows")
        else:
            self._connection.execute("delete from rows where collection = ?", (collection,))

    def close(self) -> None:
        """Close the file; the journal cannot be used afterwards."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
