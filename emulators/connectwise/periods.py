"""Billing periods of agreements (domain.md 3.1: recurrences of a billing cycle)."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {"Monthly": 1, "BiMonthly": 2, "Quarterly": 3, "SemiAnnual": 6, "Yearly": 12}
_DAYS = {"Weekly": 7, "BiWeekly": 14}
ONCE = "NotRecurring"


@dataclass(frozen=True, slots=True)
class Period:
    """One billing period, both days included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


def periods(start: date, billing_option: str) -> Iterator[Period]:
    """Yield the periods of a cycle from its first day on; a cycle that does not recur has one without end."""
    if billing_option == ONCE:
        yield Period(start, date.max)
        return
    number = 0
    first = start
    while True:
        number += 1
        following = _boundary(start, billing_option, number)
        yield Period(first, following - timedelta(days=1))
        first = following


def _boundary(start: date, billing_option: str, number: int) -> date:
    if billing_option in _DAYS:
        return start + timedelta(days=_DAYS[billing_option] * number)
    months = start.month - 1 + _MONTHS[billing_option] * number
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def next_period_start(start: date, billing_option: str, after: date) -> date:
    """Return the first day of the first period that begins behind `after`."""
    if billing_option == ONCE:
        return start
    return next(period.first for period in periods(start, billing_option) if period.first > after)


def day(timestamp: str) -> date:
    """Return the day of an API timestamp."""
    return date.fromisoformat(timestamp[:10])


def midnight(of_day: date) -> str:
    """Return a day as the API writes it."""
    return f"{of_day.isoformat()}T00:00:00Z"
