"""A person who calls too often waits; nobody else does."""

import pytest

from dataverse.psasync.records import EntraObjectId
from triggers import limits
from triggers.limits import CallerLimits
from triggers.problems import Problem

pytestmark = pytest.mark.unit
ADA, BILL = EntraObjectId("ada"), EntraObjectId("bill")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def admitted(made: CallerLimits, person: EntraObjectId, tries: int) -> int:
    """Return how many of the tries were admitted."""
    return sum(refusal_of(made, person) is None for _ in range(tries))


def refusal_of(made: CallerLimits, person: EntraObjectId) -> Problem | None:
    try:
        made.admit(person)
    except Problem as problem:
        return problem
    return None


def test_the_refusal_says_how_long_to_wait() -> None:
    made = CallerLimits(requests_per_minute=60, clock=Clock())
    admitted(made, ADA, 15)
    refusal = refusal_of(made, ADA)
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.retry_after) == (429, "too_many_requests", 1.0)
    assert refusal.detail == "You have sent too many requests; wait a moment and go on."


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    clock = Clock()
    made = CallerLimits(requests_per_minute=60, clock=clock)
    assert admitted(made, ADA, 100) == 15
    clock.now = 5.0
    assert admitted(made, ADA, 100) == 5
    clock.now = 1_000.0
    assert admitted(made, ADA, 100) == 15


def test_one_persons_flood_costs_nobody_else_anything() -> None:
    made = CallerLimits(requests_per_minute=60, clock=Clock())
    admitted(made, ADA, 1_000)
    assert admitted(made, BILL, 15) == 15


def test_refused_requests_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    made = CallerLimits(requests_per_minute=60, clock=clock)
    admitted(made, ADA, 1_000)
    clock.now = 1.0
    assert admitted(made, ADA, 1) == 1


def test_the_memory_of_callers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_PEOPLE", 10)
    made = CallerLimits(requests_per_minute=60, clock=Clock())
    for number in range(1_000):
        made.admit(EntraObjectId(str(number)))
    assert len(made._buckets) == 10
