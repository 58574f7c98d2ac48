"""Faults that a test may order: what they are, and which request meets which."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.control_plane.members import Match, choice, number, refuse_unknown, whole
from emulators.control_plane.wire import BadInput

VENDOR_ANSWERS = ("status", "rate_limit", "html")
KINDS = (*VENDOR_ANSWERS, "drop_before", "drop_after_commit", "commit_late", "delay", "truncate")
_MEMBERS = ("match", "kind", "status", "retry_after", "delay_ms", "probability", "times", "seed")
_DEFAULT_STATUS = {"rate_limit": 429}
_DEFAULT_DELAY_MS = {"delay": 500.0, "commit_late": 500.0}


@dataclass(slots=True)
class Fault:
    """One ordered fault; `times` None means that it never wears out."""

    id: int
    kind: str
    match: Match
    status: int
    retry_after: float | None
    delay_ms: float
    probability: float
    times: int | None
    seed: int | None
    fired: int = 0
    draws: random.Random = field(default_factory=random.Random)

    def fires(self, method: str, path: str) -> bool:
        """Draw for one request and count it when the fault strikes."""
        if self.times is not None and self.fired >= self.times:
            return False
        if not self.match(method, path):
            return False
        if self.probability < 1 and self.draws.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def document(self) -> dict[str, Any]:
        """Return the fault as `GET faults` shows it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "match": self.match.document(),
            "status": self.status,
            "retry_after": self.retry_after,
            "delay_ms": self.delay_ms,
            "probability": self.probability,
            "times": self.times,
            "seed": self.seed,
            "fired": self.fired,
        }


class Faults:
    """All ordered faults, in the order of their creation; the first that matches and fires wins."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._last_id = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def draw(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request meets, if any."""
        return next((fault for fault in self._faults if fault.fires(method, path)), None)

    def add(self, document: Mapping[str, Any]) -> Fault:
        """Order the fault that `document` describes; raises BadInput."""
        fault = _fault_from(document, self._last_id + 1)
        self._last_id = fault.id
        self._faults.append(fault)
        return fault

    def clear(self) -> int:
        """Forget all faults and return how many there were."""
        count = len(self._faults)
        self._faults.clear()
        return count

    def documents(self) -> list[dict[str, Any]]:
        """Return all faults as `GET faults` shows them."""
        return [fault.document() for fault in self._faults]


def _fault_from(document: Mapping[str, Any], fault_id: int) -> Fault:
    refuse_unknown(document, _MEMBERS)
    if "kind" not in document:
        raise BadInput(f"kind: missing; must be one of {', '.join(sorted(KINDS))}")
    kind = choice(document, "kind", KINDS)
    seed = whole(document, "seed")
    probability = number(document, "probability", least=0, most=1)
    delay_ms = number(document, "delay_ms", least=0)
    return Fault(
        id=fault_id,
        kind=kind,
        match=Match(document.get("match")),
        status=whole(document, "status", least=200, most=599) or _DEFAULT_STATUS.get(kind, 503),
        retry_after=number(document, "retry_after", least=0),
        delay_ms=_DEFAULT_DELAY_MS.get(kind, 0.0) if delay_ms is None else delay_ms,
        probability=1.0 if probability is None else probability,
        times=whole(document, "times", least=1),
        seed=seed,
        draws=random.Random(seed),
    )
