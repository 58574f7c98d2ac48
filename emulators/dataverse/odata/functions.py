"""The query functions of the Microsoft.Dynamics.CRM namespace that depend on the present time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

Span = tuple[datetime | None, datetime | None]


def _day(now: datetime, days: int = 0) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


def _week(now: datetime, weeks: int = 0) -> datetime:
    return _day(now, -((now.weekday() + 1) % 7)) + timedelta(weeks=weeks)  # weeks start on Sunday


def _month(now: datetime, months: int = 0) -> datetime:
    years, month = divmod(now.month - 1 + months, 12)
    return _day(now).replace(year=now.year + years, month=month + 1, day=1)


def _year(now: datetime, years: int = 0) -> datetime:
    return _day(now).replace(year=now.year + years, month=1, day=1)


def _months_off(now: datetime, months: int) -> datetime:
    first = _month(now, months)
    last_day = (_month(first, 1) - timedelta(days=1)).day
    return first.replace(
        day=min(now.day, last_day), hour=now.hour, minute=now.minute, second=now.second, microsecond=now.microsecond
    )


FIXED_SPANS: Final[dict[str, Callable[[datetime], Span]]] = {
    "Today": lambda now: (_day(now), _day(now, 1)),
    "Yesterday": lambda now: (_day(now, -1), _day(now)),
    "Tomorrow": lambda now: (_day(now, 1), _day(now, 2)),
    "Last7Days": lambda now: (_day(now, -7), now),
    "Next7Days": lambda now: (now, _day(now, 8)),
    "ThisWeek": lambda now: (_week(now), _week(now, 1)),
    "LastWeek": lambda now: (_week(now, -1), _week(now)),
    "NextWeek": lambda now: (_week(now, 1), _week(now, 2)),
    "ThisMonth": lambda now: (_month(now), _month(now, 1)),
    "LastMonth": lambda now: (_month(now, -1), _month(now)),
    "NextMonth": lambda now: (_month(now, 1), _month(now, 2)),
    "ThisYear": lambda now: (_year(now), _year(now, 1)),
    "LastYear": lambda now: (_year(now, -1), _year(now)),
    "NextYear": lambda now: (_year(now, 1), _year(now, 2)),
}
COUNTED_SPANS: Final[dict[str, Callable[[datetime, int], Span]]] = {
    "LastXHours": lambda now, n: (now - timedelta(hours=n), now),
    "NextXHours": lambda now, n: (now, now + timedelta(hours=n)),
    "LastXDays": lambda now, n: (_day(now, -n), now),
    "NextXDays": lambda now, n: (now, _day(now, n + 1)),
    "LastXWeeks": lambda now, n: (_day(now, -7 * n), now),
    "NextXWeeks": lambda now, n: (now, _day(now, 7 * n + 1)),
    "LastXMonths": lambda now, n: (_day(_months_off(now, -n)), now),
    "NextXMonths": lambda now, n: (now, _day(_months_off(now, n), 1)),
    "LastXYears": lambda now, n: (_day(_months_off(now, -12 * n)), now),
    "NextXYears": lambda now, n: (now, _day(_months_off(now, 12 * n), 1)),
    "OlderThanXMinutes": lambda now, n: (None, now - timedelta(minutes=n)),
    "OlderThanXHours": lambda now, n: (None, now - timedelta(hours=n)),
    "OlderThanXDays": lambda now, n: (None, now - timedelta(days=n)),
    "OlderThanXWeeks": lambda now, n: (None, now - timedelta(weeks=n)),
    "OlderThanXMonths": lambda now, n: (None, _months_off(now, -n)),
    "OlderThanXYears": lambda now, n: (None, _months_off(now, -12 * n)),
}
NOT_EMULATED: Final = frozenset(
    {
        "Above", "AboveOrEqual", "Under", "UnderOrEqual", "NotUnder", "EqualUserLanguage", "EqualRoleBusinessId",
        "EqualUserOrUserHierarchy", "EqualUserOrUserHierarchyAndTeams", "EqualUserOrUserTeams", "EqualUserTeams",
        "InFiscalPeriod", "InFiscalPeriodAndYear", "InFiscalYear", "InOrAfterFiscalPeriodAndYear",
        "InOrBeforeFiscalPeriodAndYear", "LastFiscalPeriod", "LastFiscalYear", "LastXFiscalPeriods",
        "LastXFiscalYears", "NextFiscalPeriod", "NextFiscalYear", "NextXFiscalPeriods", "NextXFiscalYears",
        "ThisFiscalPeriod", "ThisFiscalYear",
    }
)  # fmt: skip
