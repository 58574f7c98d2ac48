"""Rows on disk survive a restart, in their order, and a failed write leaves nothing behind."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.control_plane import Journal

pytestmark = pytest.mark.emulator


def test_rows_come_back_in_the_order_of_their_first_writing(tmp_path: Path) -> None:
    path = tmp_path / "data" / "rows.sqlite3"
    journal = Journal(path)
    journal.put_many([("b", "2", "{}"), ("a", "1", "old"), ("b", "1", "{}")])
    journal.put_many([("a", "1", "new"), ("b", "2", None), ("c", "1", "{}")])
    assert list(Journal(path).load()) == [("a", "1", "new"), ("b", "1", "{}"), ("c", "1", "{}")]
    journal.close()


def test_clear_forgets_one_collection_or_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "rows.sqlite3")
    journal.put_many([("a", "1", "{}"), ("b", "1", "{}")])
    journal.clear("a")
    assert list(journal.load()) == [("b", "1", "{}")]
    journal.clear()
    assert list(journal.load()) == []
    journal.close()


def test_a_failing_write_leaves_nothing_behind(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[str, str, str | None]]:
        yield ("a", "1", "{}")
        raise RuntimeError("half way")

    journal = Journal(tmp_path / "rows.sqlite3")
    with pytest.raises(RuntimeError, match="half way"):
        journal.put_many(rows())
    assert list(journal.load()) == []
    journal.put_many([("a", "2", "{}")])
    assert list(journal.load()) == [("a", "2", "{}")]
    journal.close()


def test_without_a_path_nothing_is_kept() -> None:
    journal = Journal(None)
    journal.put_many([("a", "1", "{}")])
    journal.clear()
    assert list(journal.load()) == []
    journal.close()


def test_the_file_is_a_plain_sqlite_database(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "rows.sqlite3")
    journal.put_many([("a", "1", "{}")])
    reader = sqlite3.connect(tmp_path / "rows.sqlite3")
    assert reader.execute("select json from rows").fetchall() == [("{}",)]
    reader.close()
    journal.close()
