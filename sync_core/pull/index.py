"""All companies or agreements of a tenant in memory, compact, and kept fresh by their time of change."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from connectwise.directory.records import ListEntry, ListKind
from dataverse.psasync.records import ConnectorId
from sync_core.pull.ports import PsaDirectory

KEPT_SECONDS = 1800.0
"""After this time the list is read anew as a whole: a record that was deleted for good changes no more."""

OVERLAP = timedelta(seconds=60)
"""A change may become visible a little later than its time says."""

MOST_INDEXES = 6
"""Lists of several connectors; the one that was not used for longest is forgotten."""


class RecordIndex:
    """One list of one tenant; safe to use from several threads, of which one at a time reads."""

    def __init__(self, kind: ListKind, clock: Callable[[], float]) -> None:
        self._kind = kind
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[int, ListEntry] = {}
        self._read_at: float | None = None
        self._changed_since: datetime | None = None

    @property
    def is_warm(self) -> bool:
        """Whether the list is in memory."""
        return self._read_at is not None and self._clock() - self._read_at < KEPT_SECONDS

    def refreshed(self, directory: PsaDirectory) -> tuple[list[ListEntry], bool]:
        """Return all entries as they are now, and whether the whole list was read for it."""
        with self._lock:
            reads_all = not self.is_warm
            if reads_all:
                self._read_all(directory)
            else:
                self._read_changes(directory)
            return list(self._entries.values()), reads_all

    def put(self, entries: Collection[ListEntry], *, asked_for: Collection[int]) -> None:
        """Take in records that were just read; those that were asked for and not found are gone."""
        with self._lock:
            found = {entry.psa_id: entry for entry in entries}
            for psa_id in asked_for:
                if psa_id not in found:
                    self._entries.pop(psa_id, None)
            self._entries.update(found)

    def _read_all(self, directory: PsaDirectory) -> None:
        started = self._clock()
        self._entries = {entry.psa_id: entry for entry in directory.entries(self._kind)}
        # Measured backwards from the newest change that was seen: clocks of two systems are never compared.
        took = timedelta(seconds=self._clock() - started)
        newest = max((entry.modified_on for entry in self._entries.values() if entry.modified_on), default=None)
        self._changed_since = None if newest is None else newest - took - OVERLAP
        self._read_at = started

    def _read_changes(self, directory: PsaDirectory) -> None:
        if self._changed_since is None:
            self._read_all(directory)
            return
        newest = self._changed_since + OVERLAP
        for entry in directory.entries_changed_since(self._kind, self._changed_since):
            if entry.is_deleted:
                self._entries.pop(entry.psa_id, None)
            else:
                self._entries[entry.psa_id] = entry
            if entry.modified_on is not None and entry.modified_on > newest:
                newest = entry.modified_on
        self._changed_since = newest - OVERLAP


class RecordIndexes:
    """The lists that are in memory, by connector and kind."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[ConnectorId, ListKind], RecordIndex] = OrderedDict()

    def of(self, connector_id: ConnectorId, kind: ListKind) -> RecordIndex:
        """Return the list of a connector, empty at first."""
        with self._lock:
            index = self._kept.pop((connector_id, kind), None) or RecordIndex(kind, self._clock)
            self._kept[connector_id, kind] = index
            while len(self._kept) > MOST_INDEXES:
                self._kept.popitem(last=False)
            return index
