"""Small setup tables that are read once in a while and not at every use."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SETUP_TABLES_KEPT = 15 * 60.0
"""Seconds for which a setup table is not read again."""


class Kept(Generic[T]):
    """What `read` returned last; share one instance between threads. Raises what reading raises."""

    def __init__(self, read: Callable[[], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[float, T] | None = None

    def value(self, *, younger_than: float = SETUP_TABLES_KEPT) -> T:
        """Return it as it was at most so many seconds ago, reading it again when it is older."""
        with self._lock:
            now = self._clock()
            if self._held is None or now - self._held[0] >= younger_than:
                self._held = (now, self._read())
            return self._held[1]
