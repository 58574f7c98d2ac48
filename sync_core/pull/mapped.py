"""Which ConnectWise records are joined to a Work 365 row: all of them in memory, kept fresh by change tracking."""

import threading
from collections.abc import Mapping

from dataverse.psasync.records import ConnectorId, MappedRecord, MappingId, MappingKind
from sync_core.pull.ports import MappingFeed

_Key = tuple[ConnectorId, MappingKind]


class MappedSet:
    """The joined accounts and billing contracts of all connectors; safe to use from several threads."""

    def __init__(self, feed: MappingFeed) -> None:
        self._feed = feed
        self._lock = threading.Lock()
        self._delta_link: str | None = None
        self._records: dict[MappingId, MappedRecord] = {}
        self._by_psa: dict[_Key, dict[int, tuple[MappedRecord, ...]]] = {}

    def by_psa_id(self, connector_id: ConnectorId, kind: MappingKind) -> Mapping[int, MappedRecord]:
        """Return the joined records of one connector as they are now, by ConnectWise id; one request for changes.

        Several rows may be joined to one ConnectWise record (a setting allows it): one of them is returned.
        """
        with self._lock:
            self._refresh()
            joined = self._by_psa.get((connector_id, kind), {})
            return {psa_id: records[0] for psa_id, records in joined.items()}

    def _refresh(self) -> None:
        changes = self._feed.follow(self._delta_link)
        if changes.is_full:
            self._records, self._by_psa = {}, {}
        for mapping_id in changes.gone:
            self._forget(mapping_id)
        for record in changes.records:
            self._forget(record.id)
            if record.psa_id is not None:
                self._records[record.id] = record
                joined = self._by_psa.setdefault((record.connector_id, record.kind), {})
                joined[record.psa_id] = (*joined.get(record.psa_id, ()), record)
        # only now: what failed before is asked for again
        self._delta_link = changes.delta_link

    def _forget(self, mapping_id: MappingId) -> None:
        old = self._records.pop(mapping_id, None)
        if old is None or old.psa_id is None:
            return
        joined = self._by_psa[old.connector_id, old.kind]
        others = tuple(record for record in joined[old.psa_id] if record.id != mapping_id)
        if others:
            joined[old.psa_id] = others
        else:
            del joined[old.psa_id]
