"""Schedules of timer functions: NCRONTAB or a fixed interval (functions.md 4.2)."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from emulators.functions_host.ncrontab import Ncrontab
from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.timespan import timespan_seconds


class Schedule(Protocol):
    """When a timer comes due."""

    @property
    def more_than_once_a_minute(self) -> bool:
        """Tell whether the host keeps no status for this schedule."""

    def next(self, after: datetime) -> datetime:
        """Return the first time later than `after`."""


class Interval:
    """A fixed interval, which only dedicated plans allow."""

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)

    @property
    def more_than_once_a_minute(self) -> bool:
        """Tell whether the interval is shorter than a minute."""
        return self._length < timedelta(minutes=1)

    def next(self, after: datetime) -> datetime:
        """Return the time one interval after `after`."""
        return after + self._length


def schedule_from(text: str, function_name: str) -> Schedule:
    """Return the schedule that `text` describes; raises StartRefused."""
    seconds = timespan_seconds(text)
    if seconds:
        return Interval(seconds)
    try:
        schedule = Ncrontab.parse(text)
        schedule.next(datetime.now(UTC))
        return schedule
    except ValueError as error:
        raise StartRefused(f"the schedule {text!r} of the function {function_name}: {error}") from None
