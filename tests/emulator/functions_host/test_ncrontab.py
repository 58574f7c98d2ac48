"""NCRONTAB against a plain search over sets that are known from how the text was made."""

import calendar
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.functions_host.ncrontab import Ncrontab

pytestmark = pytest.mark.emulator
BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
Known = tuple[str, frozenset[int]]
TIMES = st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@st.composite
def parts(draw: st.DrawFn, least: int, most: int) -> Known:
    """Draw one part of a field together with the values that it means."""
    value = st.integers(least, most)
    kind = draw(st.sampled_from(["one", "range", "all/step", "from/step", "range/step"]))
    step = draw(st.integers(1, most + 5))
    first, last = draw(value), draw(value)
    low, high = sorted((first, last))
    return {
        "one": (f"{first}", frozenset([first])),
        "range": (f"{first}-{last}", frozenset(range(low, high + 1))),
        "all/step": (f"*/{step}", frozenset(range(least, most + 1, step))),
        "from/step": (f"{first}/{step}", frozenset(range(first, most + 1, step))),
        "range/step": (f"{first}-{last}/{step}", frozenset(range(low, high + 1, step))),
    }[kind]


def fields(least: int, most: int) -> st.SearchStrategy[Known]:
    everything: st.SearchStrategy[Known] = st.just(("*", frozenset(range(least, most + 1))))
    listed = st.lists(parts(least, most), min_size=1, max_size=3).map(
        lambda drawn: (",".join(text for text, _ in drawn), frozenset().union(*(values for _, values in drawn)))
    )
    return everything | listed


def searched(known: list[frozenset[int]], after: datetime) -> datetime | None:
    """Return the first time after `after` that all fields allow, by trying day after day."""
    seconds, minutes, hours, days, months, weekdays = known
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= after + timedelta(days=366 * 9):
        if day.month in months and day.day in days and (day.weekday() + 1) % 7 in weekdays:
            for hour, minute, second in itertools.product(sorted(hours), sorted(minutes), sorted(seconds)):
                time = day.replace(hour=hour, minute=minute, second=second)
                if time > after:
                    return time
        day += timedelta(days=1)
    return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(*(fields(*bounds) for bounds in BOUNDS)), TIMES)
def test_next_is_the_first_time_that_all_fields_allow(known: tuple[Known, ...], after: datetime) -> None:
    schedule = Ncrontab.parse(" ".join(text for text, _ in known))
    expected = searched([values for _, values in known], after)
    if expected is None:
        with pytest.raises(ValueError, match="never comes due"):
            schedule.next(after)
    else:
        assert schedule.next(after) == expected


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("*/5 * * * *", "2026-03-01T00:00:00", "2026-03-01T00:05:00"),  # five fields: the second is 0
        ("0 0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00"),
        ("0 0 12 13 * fri", "2026-01-01T00:00:00", "2026-02-13T12:00:00"),  # day and day of the week must both match
        ("0 0 0 * JAN-Mar Monday,wed", "2026-04-01T00:00:00", "2027-01-04T00:00:00"),
        ("0 0 0 1 j *", "2026-02-01T00:00:00", "2027-01-01T00:00:00"),  # an ambiguous prefix takes the first
        ("0 0 0 * * t", "2026-11-22T00:00:00", "2026-11-24T00:00:00"),
        ("5-2 0 0 * * *", "2026-01-01T00:00:02", "2026-01-01T00:00:03"),  # a reversed range is swapped
        ("0/0 0 0 * * *", "2026-01-01T00:00:58.5", "2026-01-01T00:00:59"),  # a step below 1 counts as 1
        ("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59"),
    ],
)
def test_rules_of_the_reference(text: str, after: str, expected: str) -> None:
    assert Ncrontab.parse(text).next(datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "* * * * * ?",
        "* * * L * *",
        "* * * * * 1#2",
        "* * * * foo *",
        "mon * * * * *",
        "1,,2 * * * * *",
        "1- * * * * *",
        "*/x * * * * *",
        "-1 * * * * *",
        "² * * * * *",
    ],
)
def test_what_ncrontab_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Ncrontab.parse(text)


def test_a_date_that_never_exists_never_comes_due() -> None:
    with pytest.raises(ValueError, match="never comes due"):
        Ncrontab.parse("0 0 0 30 2 *").next(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "often"), [("* * * * * *", True), ("0,30 * * * * *", True), ("15 * * * * *", False), ("* * * * *", False)]
)
def test_schedules_that_fire_more_than_once_a_minute_are_known(text: str, often: bool) -> None:
    assert Ncrontab.parse(text).more_than_once_a_minute is often


def test_names_are_full_or_any_prefix_in_any_case() -> None:
    for index in range(1, 13):
        name = calendar.month_name[index]
        assert Ncrontab.parse(f"0 0 0 1 {name.upper()} *").months == {index}
    for index in range(7):
        name = calendar.day_name[(index - 1) % 7]
        assert Ncrontab.parse(f"0 0 0 * * {name[:3].lower()}").weekdays == {index}
