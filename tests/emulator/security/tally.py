"""Counts of what was tried, kept as JSON in .local/fuzz so that a person can see that it was thousands."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[3] / ".local" / "fuzz"
_WRITTEN_EVERY = 1_000
_NUMBERS = count()


class Tally:
    """Counts answers by what was asked, and by who asked or how; written now and then, so that a long run shows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = time.monotonic()
        self._total = 0
        self._by_subject: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, subject: str, answer: str, kind: str) -> None:
        """Count one answer."""
        self._by_subject[subject][answer] += 1
        self._by_kind[kind][answer] += 1
        self._total += 1
        if self._total % _WRITTEN_EVERY == 0:
            self.write()

    def write(self) -> None:
        """Write what was counted so far, with the seconds that went by."""
        together: Counter[str] = sum(self._by_subject.values(), Counter())
        document = {
            "total": self._total,
            "seconds": round(time.monotonic() - self._started, 1),
            "answers": dict(sorted(together.items())),
            "by_kind": _sorted(self._by_kind),
            "by_subject": _sorted(self._by_subject),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(document, indent=1) + "\n")


@contextmanager
def written_tally(config: pytest.Config, name: str) -> Iterator[Tally]:
    """Yield the tally of `.local/fuzz/<name>[-<worker>-<number>].json`, and write it at the end.

    A worker that is given tests of another worker may come back to a module, so its tallies are numbered.
    """
    worker = getattr(config, "workerinput", {}).get("workerid")
    suffix = f"-{worker}-{next(_NUMBERS)}" if worker else ""
    tally = Tally(_FOLDER / f"{name}{suffix}.json")
    yield tally
    tally.write()


def _sorted(counted: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(counts.items())) for name, counts in sorted(counted.items())}
