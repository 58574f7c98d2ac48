"""Deletion of records that others refer to: 409 (connectwise.md 5)."""

from collections.abc import Iterator, Sequence

from emulators.connectwise.desk import Desk
from emulators.connectwise.errors import in_use
from emulators.connectwise.references import references_to


def referring_rows(desk: Desk, path: str, row_id: int) -> Iterator[tuple[str, str, int]]:
    """Yield (collection, member, id) of the rows that refer to a record."""
    for collection, member in references_to(path):
        table = desk.store[collection]
        if member in table.indexes:
            found: Sequence[int] = table.indexes[member].find(row_id)
        else:
            position = table.at[member]
            found = [i for i, row in table.rows.items() if row[position] == row_id]
        for referrer in tuple(found):
            yield collection, member, referrer


def refuse_when_referred(desk: Desk, path: str, row_id: int, owned: Sequence[str] = ()) -> None:
    """Raise ApiError 409 when a row outside the `owned` collections refers to the record."""
    for collection, _, referrer in referring_rows(desk, path, row_id):
        itself = collection == path and referrer == row_id
        if collection not in owned and not itself:
            raise in_use(desk.store[path].collection.noun, row_id)
