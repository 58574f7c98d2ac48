"""Latency that a test may order: a cost per request and one per row that the request touches."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.control_plane.members import Match, choice, number, refuse_unknown, whole
from emulators.control_plane.wire import BadInput

_MEMBERS = ("match", "per_request_ms", "per_operation_ms", "model", "median_ms", "p90_ms", "seed")
_P90_SIGMAS = 1.2815515655446004  # standard deviations between the median and the 90th percentile


@dataclass(slots=True)
class LatencyRule:
    """The latency of the requests that match; all times in milliseconds.

    `fixed` costs `per_request_ms`; `lognormal` draws the cost of a request from median and 90th percentile and adds
    `per_request_ms` as a floor. Both add `per_operation_ms` for each row.
    """

    match: Match
    model: str
    per_request_ms: float
    per_operation_ms: float
    median_ms: float
    p90_ms: float
    seed: int | None
    draws: random.Random

    def seconds(self, operations: int) -> float:
        """Draw how long a request that touches `operations` rows takes."""
        milliseconds = self.per_request_ms + self.per_operation_ms * operations
        if self.model == "lognormal":
            sigma = math.log(self.p90_ms / self.median_ms) / _P90_SIGMAS
            milliseconds += self.draws.lognormvariate(math.log(self.median_ms), sigma)
        return milliseconds / 1000

    def document(self) -> dict[str, Any]:
        """Return the rule as `GET latency` shows it."""
        drawn = {"median_ms": self.median_ms, "p90_ms": self.p90_ms, "seed": self.seed}
        return {
            "match": self.match.document(),
            "model": self.model,
            "per_request_ms": self.per_request_ms,
            "per_operation_ms": self.per_operation_ms,
            **(drawn if self.model == "lognormal" else {}),
        }


class Latency:
    """All latency rules; of those that match a request the newest counts, and one without a match counts last."""

    def __init__(self) -> None:
        self._rules: list[LatencyRule] = []

    def __bool__(self) -> bool:
        return bool(self._rules)

    def rule(self, method: str, path: str) -> LatencyRule | None:
        """Return the rule for a request, if any."""
        return next((rule for rule in self._rules if rule.match(method, path)), None)

    def set(self, document: Mapping[str, Any]) -> None:
        """Set the rule that `document` describes in place of the one with the same match; `{}` clears all."""
        if not document:
            self.clear()
            return
        new = _rule_from(document)
        others = [rule for rule in self._rules if rule.match.document() != new.match.document()]
        self._rules = sorted([new, *others], key=lambda rule: not rule.match.document())

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def documents(self) -> list[dict[str, Any]]:
        """Return all rules, the first that counts first."""
        return [rule.document() for rule in self._rules]


def _rule_from(document: Mapping[str, Any]) -> LatencyRule:
    refuse_unknown(document, _MEMBERS)
    model = choice(document, "model", ("fixed", "lognormal"), default="fixed")
    median = number(document, "median_ms", least=0)
    p90 = number(document, "p90_ms", least=0)
    if model == "lognormal":
        if not median:
            raise BadInput("median_ms: must be above 0 for the model lognormal")
        if p90 is None or p90 < median:
            raise BadInput("p90_ms: must be at least median_ms for the model lognormal")
    seed = whole(document, "seed")
    return LatencyRule(
        match=Match(document.get("match")),
        model=model,
        per_request_ms=number(document, "per_request_ms", least=0) or 0.0,
        per_operation_ms=number(document, "per_operation_ms", least=0) or 0.0,
        median_ms=median or 0.0,
        p90_ms=p90 or 0.0,
        seed=seed,
        draws=random.Random(seed),
    )
