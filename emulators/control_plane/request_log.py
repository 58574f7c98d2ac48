"""Log of the requests that an emulator met."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

KEPT = 10_000


class Entry(NamedTuple):
    """One finished request; `status` is None where the client saw no answer, `bytes` counts the answer's body."""

    method: str
    path: str
    query: str
    status: int | None
    bytes: int
    ms: float
    outcome: str


class RequestLog:
    """The last 10,000 requests and exact counts of all by method and route template."""

    def __init__(self, route_template: Callable[[str, str], str]) -> None:
        self._route_template = route_template
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()
        self.in_progress = 0

    def add(self, entry: Entry) -> None:
        """Keep a finished request and count it."""
        self._entries.append(entry)
        self._counts[f"{entry.method} {self._route_template(entry.method, entry.path)}"] += 1

    def clear(self) -> None:
        """Forget entries and counts."""
        self._entries.clear()
        self._counts.clear()

    def document(self, limit: int) -> dict[str, Any]:
        """Return counts and the last `limit` entries, oldest first; `in_progress` includes commits still to come."""
        entries = list(self._entries)[max(0, len(self._entries) - limit) :]
        return {
            "total": self._counts.total(),
            "counts": dict(sorted(self._counts.items())),
            "in_progress": self.in_progress,
            "requests": [entry._asdict() for entry in entries],
        }
