"""All companies or agreements of a tenant in memory, compact, and kept fresh by their time of change."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from connectwise.directory.records import ListEntry, ListKind
from dataverse.psasync.records import ConnectorId
from sync_core.pull.ports import PsaDirectory

KEPT_SECONDS = 1800.0
"""After this time the list is read anew as a whole: a record that was deleted for good changes no more."""

OVERLAP = timedelta(seconds=60)
"""A change may become visible a little later than its time says."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)

MOST_READ_AGAIN = 900
"""Records of the last minute that are read once more with the changes, in one request. After a mass change there are
more, and then only what is newer still is read: what became visible late in those seconds waits for a full read."""

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
        self._newest_at: datetime | None = None
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
        self._note_newest(timedelta(seconds=self._clock() - started) + OVERLAP)

    def _read_changes(self, directory: PsaDirectory) -> bool:
        """Take in what changed; return False when the answer lacks what was the newest: it is another list then."""
        if self._changed_since is None or self._newest_at is None:
            return False
        again = sum(_changed_at(entry) >= self._changed_since for entry in self._entries.values())
        is_crowded = again > MOST_READ_AGAIN
        since = self._newest_at + timedelta(seconds=1) if is_crowded else self._changed_since
        seen = set()
        for entry in directory.entries_changed_since(self._kind, since):
            seen.add(entry.psa_id)
            if entry.is_deleted:
                self._entries.pop(entry.psa_id, None)
            else:
                self._entries[entry.psa_id] = entry
        if not is_crowded and not seen & self._newest:
            return False
        self._note_newest(OVERLAP)
        return True

    def _note_newest(self, overlap: timedelta) -> None:
        """Remember which records were changed last, and since when changes are asked for."""
        newest = max(map(_changed_at, self._entries.values()), default=_BEGINNING)
        if newest == _BEGINNING:
            self._newest_at = self._changed_since = None
            return
        self._newest = frozenset(entry.psa_id for entry in self._entries.values() if entry.modified_on == newest)
        self._newest_at, self._changed_since = newest, newest - overlap


def _changed_at(entry: ListEntry) -> datetime:
    return entry.modified_on or _BEGINNING


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
