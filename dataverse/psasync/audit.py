"""Reads the audit log for auditors; what is appended to it is in `log_rows`, and nothing here or there changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.odata import Query, time_literal
from dataverse.psasync.log_rows import COLUMNS, ENTRIES, entry_from
from dataverse.psasync.records import LogEntry


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries in the order in which they were written; `next_after` is None when there are no more."""

    entries: Sequence[LogEntry]
    next_after: int | None


class AuditLog:
    """Reads log entries with the rights of the client it is given."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def page(self, *, since: datetime, before: datetime, after: int = 0, limit: int) -> AuditPage:
        """Return the entries of writes from `since` until before `before`, at most `limit` (under 5,000).

        `after` is the `next_after` of the page before. It is Dataverse's own version number of the last row: rows that
        are never changed keep it, and it is unique.
        """
        query = Query(
            ENTRIES,
            select=(*COLUMNS, "versionnumber"),
            filter=f"psasync_when ge {time_literal(since)} and psasync_when lt {time_literal(before)}"
            f" and versionnumber gt {int(after)}",
            order_by="versionnumber",
            top=limit + 1,
        )
        rows = list(self._client.rows(Operation("GET", query.address())))
        more = len(rows) > limit
        entries = [entry_from(row) for row in rows[:limit]]
        return AuditPage(entries, values.whole(rows[limit - 1], "versionnumber") if more else None)
