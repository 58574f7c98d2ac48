"""One budget of requests for all threads of this process that talk to one tenant."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from transport.delivery import DeliveryFailed, SendWindowClosed

_WHOLE_TOKEN = 1 - 1e-9  # what is missing for rounding is not worth a wait


class LimiterPaused(DeliveryFailed):
    """The server asked everybody to wait for longer than the caller will; nothing was sent.

    `retry_after` is the rest of the pause in seconds.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__("not_sent", f"the server asked for a pause that lasts another {retry_after:.0f} s")
        self.retry_after = retry_after


class RateLimiter:
    """A token bucket and a limit of requests in flight, shared by all threads.

    In any minute at most `requests_per_minute` and a burst of a tenth of it leave. Each process has its own bucket:
    with N processes set a N-th part. `clock` gives seconds, as `time.monotonic`.
    """

    def __init__(
        self, *, requests_per_minute: int, in_flight: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if requests_per_minute < 1 or in_flight < 1:
            raise ValueError("requests_per_minute and in_flight must be at least 1")
        self._per_second = requests_per_minute / 60
        self._burst = max(1.0, requests_per_minute / 10)
        self._clock = clock
        self._changed = threading.Condition()
        self._tokens = self._burst
        self._refilled_at = clock()
        self._paused_until = -math.inf
        self._free_slots = in_flight

    @contextmanager
    def slot(self, *, latest: float | None = None, patience: float = math.inf) -> Iterator[None]:
        """Wait for a token and a free slot, and hold the slot.

        Raises SendWindowClosed when it cannot be had before `latest` (this limiter's clock), LimiterPaused when
        the server's pause lasts longer than `patience` seconds.
        """
        self._enter(latest, patience)
        try:
            yield
        finally:
            with self._changed:
                self._free_slots += 1
                self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long; afterwards requests trickle, because the saved-up burst is gone."""
        with self._changed:
            until = self._clock() + seconds
            if until > self._paused_until:
                self._paused_until = self._refilled_at = until
                self._tokens = 0.0
                self._changed.notify_all()

    def _enter(self, latest: float | None, patience: float) -> None:
        with self._changed:
            while True:
                now = self._clock()
                if self._paused_until - now > patience:
                    raise LimiterPaused(self._paused_until - now)
                delay = self._delay(now)
                if latest is not None and now + delay >= latest:
                    raise SendWindowClosed
                if delay <= 0 and self._free_slots:
                    self._tokens -= 1
                    self._free_slots -= 1
                    return
                self._changed.wait(self._nap(now, delay, latest))

    def _delay(self, now: float) -> float:
        """Refill the bucket; return the seconds until a whole token is there."""
        if now > self._refilled_at:
            self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._per_second)
            self._refilled_at = now
        if self._tokens >= _WHOLE_TOKEN:
            return 0.0
        return max(0.0, self._refilled_at - now) + (1 - self._tokens) / self._per_second

    def _nap(self, now: float, delay: float, latest: float | None) -> float | None:
        """Seconds to wait for a token; for a slot as long as it takes, because its end is announced."""
        if delay > 0:
            return delay
        return None if latest is None else latest - now
