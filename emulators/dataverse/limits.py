"""Service protection limits of each user, in a sliding window of the virtual clock (dataverse.md 10)."""

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from emulators.dataverse.errors import DataverseError

COUNT_CODE: Final = "0x80072322"
TIME_CODE: Final = "0x80072321"
CONCURRENCY_CODE: Final = "0x80072326"
_GROWTH_SECONDS: Final = 1.0  # Retry-After grows by this for each request refused while a window is full


@dataclass(slots=True)
class LimitSettings:
    """The limits; `execution_ms` is added to every request, so that time and concurrency can be tried out."""

    enabled: bool = True
    requests: int = 6000
    window_seconds: float = 300.0
    time_ms: float = 1_200_000.0
    concurrency: int = 52
    execution_ms: float = 0.0
    execution_ms_per_operation: float = 0.0


@dataclass(slots=True)
class _Window:
    starts: deque[float] = field(default_factory=deque)
    times: deque[tuple[float, float]] = field(default_factory=deque)
    spent_ms: float = 0.0
    running: int = 0
    refused: int = 0


class ServiceProtection:
    """Counts requests, execution time and concurrency for each user."""

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self._windows: dict[str, _Window] = {}

    def clear(self) -> None:
        """Forget what was counted."""
        self._windows.clear()

    def enter(self, user_id: str, moment: datetime) -> None:
        """Count a request that begins; raises DataverseError 429 with Retry-After."""
        if not self.settings.enabled:
            return
        window = self._windows.setdefault(user_id, _Window())
        now = moment.timestamp()
        self._slide(window, now)
        settings = self.settings
        if window.running >= settings.concurrency:
            raise self._refusal(window, CONCURRENCY_CODE, 1.0)
        if len(window.starts) >= settings.requests:
            raise self._refusal(window, COUNT_CODE, window.starts[0] + settings.window_seconds - now)
        if window.spent_ms >= settings.time_ms:
            raise self._refusal(window, TIME_CODE, window.times[0][0] + settings.window_seconds - now)
        window.refused = 0
        window.starts.append(now)
        window.running += 1

    def leave(self, user_id: str, moment: datetime, elapsed_ms: float) -> None:
        """Count the end of a request that `enter` let in."""
        window = self._windows.get(user_id)
        if window is None:
            return
        window.running = max(0, window.running - 1)
        window.times.append((moment.timestamp(), elapsed_ms))
        window.spent_ms += elapsed_ms

    def headers(self, user_id: str) -> list[tuple[str, str]]:
        """Return what is left, in the headers meant for debugging."""
        window = self._windows.get(user_id)
        if window is None or not self.settings.enabled:
            return []
        left_ms = max(0.0, self.settings.time_ms - window.spent_ms)
        return [
            ("x-ms-ratelimit-burst-remaining-xrm-requests", str(max(0, self.settings.requests - len(window.starts)))),
            ("x-ms-ratelimit-time-remaining-xrm-requests", f"{left_ms / 1000:.2f}"),
        ]

    def _slide(self, window: _Window, now: float) -> None:
        if window.starts and window.starts[-1] > now + self.settings.window_seconds:
            window.starts.clear()  # the clock was set back
            window.times.clear()
            window.spent_ms = 0.0
        oldest = now - self.settings.window_seconds
        while window.starts and window.starts[0] <= oldest:
            window.starts.popleft()
        while window.times and window.times[0][0] <= oldest:
            window.spent_ms -= window.times.popleft()[1]

    def _refusal(self, window: _Window, code: str, wait: float) -> DataverseError:
        retry_after = math.ceil(max(wait, 1.0) + window.refused * _GROWTH_SECONDS)
        window.refused += 1
        return refusal(code, retry_after, self.settings)


def refusal(code: str, retry_after: float, settings: LimitSettings) -> DataverseError:
    """Return the 429 of a limit; `retry_after` is in seconds."""
    window = f"time window of {settings.window_seconds:.0f} seconds."
    texts = {
        COUNT_CODE: f"Number of requests exceeded the limit of {settings.requests} over {window}",
        TIME_CODE: (
            f"Combined execution time of incoming requests exceeded limit of {settings.time_ms:,.0f} milliseconds over "
            f"{window} Decrease number of concurrent requests or reduce the duration of requests and try again later."
        ),
        CONCURRENCY_CODE: f"Number of concurrent requests exceeded the limit of {settings.concurrency}.",
    }
    return DataverseError(429, code, texts[code], [("Retry-After", str(math.ceil(retry_after)))])
