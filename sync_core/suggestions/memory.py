"""What is found by is kept between requests: an index of 20,000 companies takes seconds to read and to build."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar, cast

from connectwise.errors import ConnectWiseError
from dataverse.psasync.records import Connector
from sync_core.errors import SyncError, TransientFault

KEPT_SECONDS = 900.0
"""After this time the list is read anew as a whole."""

SPARED_SECONDS = 30.0
"""After a failure ConnectWise is not asked again for so long: each list would wait for its time-outs."""

MOST_KEPT = 6
"""Lists of several connectors; the one that was not used for longest is forgotten."""

T = TypeVar("T")


class StillReading(TransientFault):
    """ConnectWise takes longer than whoever asks can wait; reading goes on for the next one."""

    def __init__(self) -> None:
        super().__init__(
            user_message="ConnectWise is still being read for suggestions; load the list again in a minute.",
            code="suggestions_not_ready",
            retry_after=SPARED_SECONDS,
        )


class _Slot:
    """One index; whoever needs it while it is read waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reading: Future[Any] | None = None
        self.started_at = 0.0
        self.failed_at: float | None = None


class Finders:
    """The finders in memory, by connector and type; a connector that was changed is another one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(MOST_KEPT, thread_name_prefix="candidates")
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()

    def of(self, connector: Connector, finder_type: type[T], read: Callable[[], T], *, patience: float) -> T:
        """Return the finder, made by `read` when there is none or it is too old.

        Raises what reading raised, and StillReading when it takes longer than `patience` seconds.
        """
        slot = self._slot(connector, finder_type)
        with slot.lock:
            if slot.reading is None or self._is_over(slot):
                slot.started_at, slot.failed_at = self._clock(), None
                slot.reading = self._pool.submit(read)
            reading = slot.reading
        try:
            failure = reading.exception(patience)
        except TimeoutError:
            raise StillReading from None
        if failure is None:
            return cast("T", reading.result())
        if isinstance(failure, ConnectWiseError | SyncError):
            with slot.lock:
                if slot.reading is reading and slot.failed_at is None:
                    slot.failed_at = self._clock()
        # several requests raise this one object: none of them adds to its history
        raise failure.with_traceback(None)

    def _is_over(self, slot: _Slot) -> bool:
        """Tell whether what is there is too old, or failed and ConnectWise has been spared for long enough."""
        if slot.reading is None or not slot.reading.done():
            return False
        if slot.failed_at is not None:
            return self._clock() - slot.failed_at >= SPARED_SECONDS
        failure = slot.reading.exception()
        is_bug = failure is not None and not isinstance(failure, ConnectWiseError | SyncError)
        return is_bug or self._clock() - slot.started_at >= KEPT_SECONDS

    def _slot(self, connector: Connector, finder_type: type[Any]) -> _Slot:
        with self._lock:
            slot = self._slots.pop((connector, finder_type), None) or _Slot()
            self._slots[connector, finder_type] = slot
            while len(self._slots) > MOST_KEPT:
                self._slots.popitem(last=False)
            return slot
