"""Alternate keys: their documented limits, and the building of their indexes (dataverse.md 6)."""

import re
from datetime import timedelta
from typing import Any, Final

from emulators.dataverse.definitions.stored import DefinitionJournal
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import invalid_argument
from emulators.dataverse.model import Column, ColumnType, Key, KeyStatus, Table
from emulators.dataverse.settings import Settings

MOST_KEYS: Final = 10
MOST_KEY_COLUMNS: Final = 16
MOST_KEY_BYTES: Final = 900
_KEY_BYTES: Final = {
    ColumnType.INTEGER: 4,
    ColumnType.DECIMAL: 17,
    ColumnType.DATE_TIME: 8,
    ColumnType.LOOKUP: 16,
    ColumnType.PICKLIST: 4,
}
CUSTOM_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,7}_\w+", re.IGNORECASE)


class KeyIndexes:
    """Adds and removes keys, and builds their indexes by the virtual clock."""

    def __init__(self, environment: Environment, journal: DefinitionJournal, settings: Settings) -> None:
        self._environment = environment
        self._schema = environment.schema
        self._journal = journal
        self._settings = settings
        self._building: list[Key] = [
            key for table in self._schema.tables.values() for key in table.keys.values() if key.active_at is not None
        ]

    def add(self, table: Table, key: Key) -> None:
        """Add an alternate key; its index is Pending until it is built (dataverse.md 6)."""
        _check(table, key)
        key.status = KeyStatus.PENDING
        table.keys[key.logical_name] = key
        self._environment.store.rows(table).add_key(key)
        self.rebuild(key)

    def rebuild(self, key: Key) -> None:
        """Build the index of a key again."""
        key.status = KeyStatus.PENDING
        key.active_at = self._environment.clock.now() + timedelta(seconds=self._settings.key_index_seconds)
        self._building.append(key)
        self._journal.keep_table(self._schema.tables[key.table])

    def remove(self, table: Table, key: Key) -> None:
        """Remove an alternate key."""
        table.keys.pop(key.logical_name)
        self._environment.store.rows(table).drop_key(key)
        self._building = [other for other in self._building if other is not key]
        self._journal.keep_table(table)

    def finish(self) -> None:
        """Activate the keys whose index is built by now, or mark them Failed when rows collide."""
        if not self._building:
            return
        now = self._environment.clock.now()
        for key in list(self._building):
            if key.active_at is None or key.active_at <= now:
                rows = self._environment.store.rows(self._schema.tables[key.table])
                key.status = KeyStatus.ACTIVE if rows.add_key(key) else KeyStatus.FAILED
                key.active_at = None
                self._building.remove(key)
                self._journal.keep_table(self._schema.tables[key.table])
            elif key.active_at - now < timedelta(seconds=self._settings.key_index_seconds / 2):
                key.status = KeyStatus.IN_PROGRESS


def _check(table: Table, key: Key) -> None:
    if len(table.keys) >= MOST_KEYS:
        raise invalid_argument(f"The entity '{table.logical_name}' has {MOST_KEYS} keys, the maximum.")
    if key.logical_name in table.keys or not CUSTOM_NAME.fullmatch(key.schema_name):
        raise invalid_argument(f"The key name '{key.schema_name}' is not valid or already used.")
    if not 1 <= len(key.columns) <= MOST_KEY_COLUMNS:
        raise invalid_argument(f"A key has 1 to {MOST_KEY_COLUMNS} attributes.")
    size = 0
    for name in key.columns:
        column = table.columns.get(name)
        if column is None:
            raise invalid_argument(f"The attribute '{name}' does not exist on '{table.logical_name}'.")
        size += _key_bytes(column)
    if size > MOST_KEY_BYTES:
        raise invalid_argument(f"The key '{key.schema_name}' exceeds the maximum size of {MOST_KEY_BYTES} bytes.")


def _key_bytes(column: Column) -> int:
    if column.type is ColumnType.STRING:
        return 2 * (column.max_length or 0)
    size: Any = _KEY_BYTES.get(column.type)
    if size is None:
        raise invalid_argument(f"The attribute '{column.logical_name}' of type {column.type} cannot be part of a key.")
    return int(size)
