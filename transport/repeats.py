"""How often, after which wait and within which time a request is repeated."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Repeats:
    """Limits of the repeats of one call; waits in seconds.

    Waits grow exponentially with full jitter, from `first_wait` to `longest_wait`; together they stay under
    `wait_in_all`: longer waits belong to a queue, not to a thread.
    """

    attempts: int = 6
    wait_in_all: float = 5.0
    first_wait: float = 0.25
    longest_wait: float = 2.0


class RepeatBudget:
    """What is left of the repeats of one call."""

    def __init__(self, repeats: Repeats, jitter: Callable[[], float]) -> None:
        self._repeats = repeats
        self._jitter = jitter
        self._attempts = 0
        self._waited = 0.0

    @property
    def patience(self) -> float:
        """Seconds that this call may still wait."""
        return self._repeats.wait_in_all - self._waited

    def next_wait(self, retry_after: float | None) -> float | None:
        """Spend one repeat; return the seconds to wait before it, None when nothing is left."""
        self._attempts += 1
        if self._attempts >= self._repeats.attempts:
            return None
        ceiling = min(self._repeats.longest_wait, self._repeats.first_wait * (1 << (self._attempts - 1)))
        wait = self._jitter() * ceiling + (retry_after or 0.0)
        if self._waited + wait >= self._repeats.wait_in_all:
            return None
        self._waited += wait
        return wait


def full_jitter() -> float:
    """Return a random number in [0, 1)."""
    return _RANDOM.random()


_RANDOM = random.SystemRandom()
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_LONGEST_PAUSE = 3600.0  # a slip of the server must not stop this process for days


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a `Retry-After` header (number or HTTP date) asks for; None when there is none.

    A date is compared with the answer's own `Date`, so that this machine's clock does not matter.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), _LONGEST_PAUSE)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_PAUSE)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
