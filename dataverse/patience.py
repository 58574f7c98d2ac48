"""How long parts of a batch that were refused for load are sent again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dataverse.errors import DataverseError

_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of the repetitions of one call, in seconds; longer waits belong to the queue.

    A request as a whole is repeated by the transport; this is about what only the client sees, single parts.
    """

    attempts: int = 5
    seconds: float = 5.0
    first_wait: float = 0.2
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = _RANDOM.random

    def begin(self) -> "Repetition":
        """Start counting for one call."""
        return Repetition(self, self.monotonic() + self.seconds)


@dataclass(slots=True)
class Repetition:
    """What is left of the patience of one call."""

    limits: Patience
    ends_at: float
    failures: int = field(default=0)

    def allowed_after(self, failure: DataverseError) -> bool:
        """Wait before the next attempt and return True; return False at once when the patience does not reach."""
        self.failures += 1
        wait = self.limits.first_wait * 2 ** (self.failures - 1) * self.limits.jitter() + (failure.retry_after or 0.0)
        if self.failures >= self.limits.attempts or self.limits.monotonic() + wait >= self.ends_at:
            return False
        self.limits.sleep(wait)
        return True
