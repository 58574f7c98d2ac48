"""All companies or agreements of a tenant in memory, compact, and kept fresh by their time of change."""

import threading
from collections import OrderedDict
from collections.abc import Callable
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
        self._newest: frozenset[int] = frozenset()
        self._count_differs_by = 0

    @property
    def is_warm(self) -> bool:
        """Whether the list is in memory."""
        return self._read_at is not None and self._clock() - self._read_at < KEPT_SECONDS

    def refreshed(self, directory: PsaDirectory) -> list[ListEntry]:
        """Return all entries as they are now: by what changed, or by a full read when that does not explain them."""
        with self._lock:
            if not self.is_warm:
                self._read_all(directory)
                self._count_differs_by = 0
            elif not self._read_changes(directory):
                self._read_all(directory)
            elif not self._is_complete(directory) and not self._caught_up(directory):
                self._read_all(directory)
                # Whatever the reason of a difference that stays, it must not cost a full read every time.
                self._count_differs_by = directory.count(self._kind) - len(self._entries)
            return list(self._entries.values())

    def _caught_up(self, directory: PsaDirectory) -> bool:
        """Look once more: a record may have been made between the two requests."""
        return self._read_changes(directory) and self._is_complete(directory)

    def _is_complete(self, directory: PsaDirectory) -> bool:
        """Compare the numbers: a record that was deleted for good, or loaded with old times, shows no change."""
        return directory.count(self._kind) - len(self._entries) == self._count_differs_by

    def _read_all(self, directory: PsaDirectory) -> None:
        started = self._clock()
        self._entries = {entry.psa_id: entry for entry in directory.entries(self._kind)}
        self._read_at = started
        # Measured backwards from the newest change that was seen: clocks of two systems are never compared.
        took = timedelta(seconds=self._clock() - started)
        newest = self._note_newest(None)
        self._changed_since = None if newest is None else newest - took - OVERLAP

    def _read_changes(self, directory: PsaDirectory) -> bool:
        """Take in what changed; return False when the answer lacks what was the newest: it is another list then."""
        if self._changed_since is None:
            return False
        seen = set()
        for entry in directory.entries_changed_since(self._kind, self._changed_since):
            seen.add(entry.psa_id)
            if entry.is_deleted:
                self._entries.pop(entry.psa_id, None)
            else:
                self._entries[entry.psa_id] = entry
        if not seen & self._newest:
            return False
        newest = self._note_newest(self._changed_since + OVERLAP)
        self._changed_since = None if newest is None else newest - OVERLAP
        return True

    def _note_newest(self, least: datetime | None) -> datetime | None:
        """Remember the records that were changed last; return when that was, or `least` if that is later."""
        times = [(entry.modified_on, entry.psa_id) for entry in self._entries.values() if entry.modified_on is not None]
        newest = max((moment for moment, _ in times), default=None)
        self._newest = frozenset(psa_id for moment, psa_id in times if moment == newest)
        return max((moment for moment in (newest, least) if moment is not None), default=None)


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
