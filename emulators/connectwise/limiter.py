"""Requests per minute and key (connectwise.md 6), on the virtual clock."""

from math import ceil

from emulators.connectwise.errors import ApiError
from emulators.connectwise.exact import dumps
from emulators.control_plane import Clock

_WINDOW_SECONDS = 60.0


class Limiter:
    """Counts the requests of each key in windows of one minute that begin with its first request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def admit(self, key: str, requests_per_minute: int | None) -> None:
        """Count one request; raises ApiError 429 with Retry-After when the window is full."""
        if requests_per_minute is None:
            return
        now = self._clock.now().timestamp()
        started, used = self._windows.get(key, (now, 0))
        if not 0 <= now - started < _WINDOW_SECONDS:
            started, used = now, 0
        if used >= requests_per_minute:
            raise too_many(ceil(started + _WINDOW_SECONDS - now))
        self._windows[key] = (started, used + 1)


def too_many(seconds: int) -> ApiError:
    """Return the documented 429: its first member is `error`, not `code` (connectwise.md 5)."""
    message = f"Too many requests. Please try again in {seconds} seconds."
    body = dumps({"error": "ConnectWiseAPI", "message": message})
    return ApiError(429, body, headers={"Retry-After": str(seconds)})
