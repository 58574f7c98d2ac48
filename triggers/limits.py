"""How often one person may call: a token bucket each, in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from dataverse.psasync.records import EntraObjectId
from triggers.problems import Problem

MOST_PEOPLE = 10_000
"""Buckets that are kept; one that was not used for longest is full again anyway."""


class CallerLimits:
    """Admits `requests_per_minute` requests of each person, a quarter of them at once; for all threads."""

    def __init__(self, *, requests_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = requests_per_minute / 60
        self._most = max(1.0, requests_per_minute / 4)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[EntraObjectId, tuple[float, float]] = OrderedDict()

    def admit(self, person: EntraObjectId) -> None:
        """Count one request; raise Problem 429 when the person must wait."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(person, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            admitted = left >= 1
            self._buckets[person] = (left - 1 if admitted else left, now)
            if len(self._buckets) > MOST_PEOPLE:
                self._buckets.popitem(last=False)
        if not admitted:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_requests",
                "You have sent too many requests; wait a moment and go on.",
                retry_after=(1 - left) / self._per_second,
            )
