"""NCRONTAB, the timer schedule with seconds (functions.md 4.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_YEARS_AHEAD = 9  # the next 29 February may be eight years away
_HORIZON = timedelta(days=366 * _YEARS_AHEAD)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Ncrontab:
    """A schedule as one set of allowed values per field; day and day of the week must both match."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    more_than_once_a_minute: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read six fields, or five with the seconds at 0; raises ValueError."""
        words = text.split()
        if len(words) == 5:
            words = ["0", *words]
        if len(words) != len(_FIELDS):
            raise ValueError(f"{text!r} must have five or six fields")
        values = [_values(field, word) for field, word in zip(_FIELDS, words, strict=True)]
        seconds, minutes, hours, days, months, weekdays = values
        return cls(
            tuple(sorted(seconds)),
            tuple(sorted(minutes)),
            tuple(sorted(hours)),
            frozenset(days),
            frozenset(months),
            frozenset(weekdays),
            more_than_once_a_minute=len(seconds) > 1,
        )

    def next(self, after: datetime) -> datetime:
        """Return the first time later than `after`; raises ValueError when there is none within nine years."""
        start = after.replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        while day - after <= _HORIZON:
            if self._falls_on(day):
                earliest = (start.hour, start.minute, start.second) if day.date() == start.date() else (0, 0, 0)
                time = self._time(earliest)
                if time is not None:
                    hour, minute, second = time
                    return day.replace(hour=hour, minute=minute, second=second)
            day += timedelta(days=1)
        raise ValueError("the schedule never comes due")

    def _falls_on(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _time(self, earliest: tuple[int, int, int]) -> tuple[int, int, int] | None:
        first_hour, first_minute, first_second = earliest
        for hour in self.hours:
            if hour < first_hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (first_hour, first_minute):
                    continue
                for second in self.seconds:
                    if (hour, minute, second) >= (first_hour, first_minute, first_second):
                        return hour, minute, second
        return None


def _values(field: _Field, text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        found |= _part(field, part)
    return found


def _part(field: _Field, part: str) -> set[int]:
    span, slash, step_text = part.partition("/")
    step = 1
    if slash:
        step = max(1, _whole(field, step_text))
    if span == "*":
        first, last = field.least, field.most
    elif "-" in span:
        low, _, high = span.partition("-")
        first, last = sorted((_value(field, low), _value(field, high)))
    else:
        first = _value(field, span)
        last = field.most if slash else first
    return set(range(first, last + 1, step))


def _value(field: _Field, text: str) -> int:
    if text[:1].isalpha():
        for index, word in enumerate(field.words):
            if word.lower().startswith(text.lower()):
                return field.least + index
        raise ValueError(f"{text!r} is no {field.name}")
    value = _whole(field, text)
    if not field.least <= value <= field.most:
        raise ValueError(f"the {field.name} {value} is not from {field.least} to {field.most}")
    return value


def _whole(field: _Field, text: str) -> int:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdecimal():
        raise ValueError(f"{text!r} is no {field.name}")
    return int(text)
