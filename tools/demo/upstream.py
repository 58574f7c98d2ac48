"""How many requests the app sends to both systems, as their emulators count them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT_SECONDS = 30


@dataclass(slots=True)
class Requests:
    """What one system was asked between two moments: `METHOD route` to how often."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All requests."""
        return self.counts.total()

    @property
    def reads(self) -> int:
        """Requests that only read."""
        return sum(number for route, number in self.counts.items() if route.startswith("GET "))

    @property
    def writes(self) -> int:
        """All others."""
        return self.total - self.reads


@dataclass(slots=True)
class Spent:
    """The requests to both systems while something was done."""

    connectwise: Requests = field(default_factory=Requests)
    dataverse: Requests = field(default_factory=Requests)

    def take_off(self, other: "Spent", *, times: int) -> None:
        """Leave out what something else took, so many times."""
        for mine, theirs in ((self.connectwise, other.connectwise), (self.dataverse, other.dataverse)):
            for route, number in theirs.counts.items():
                mine.counts[route] = max(0, mine.counts[route] - times * number)


class Upstream:
    """The request logs of both emulators."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self._control: dict[str, str] = stack["control"]
        self._session = requests.Session()

    @contextmanager
    def spending(self, spent: Spent) -> Iterator[None]:
        """Add what is asked until the end of the `with` block."""
        before = self._counts("connectwise"), self._counts("dataverse")
        yield
        spent.connectwise.counts += self._counts("connectwise") - before[0]
        spent.dataverse.counts += self._counts("dataverse") - before[1]

    def _counts(self, system: str) -> Counter[str]:
        answer = self._session.get(f"{self._control[system]}requests?limit=0", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return Counter(answer.json()["counts"])
