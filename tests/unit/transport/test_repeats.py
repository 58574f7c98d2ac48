"""Waits grow with jitter, obey Retry-After and stay within the limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from transport.repeats import RepeatBudget, Repeats, full_jitter, retry_after_seconds

pytestmark = pytest.mark.unit


def waits(budget, asked=None):
    found = []
    while (wait := budget.next_wait(asked)) is not None:
        found.append(wait)
    return found


def test_waits_double_up_to_the_longest_one():
    generous = Repeats(attempts=7, wait_in_all=100.0, first_wait=0.25, longest_wait=2.0)
    assert waits(RepeatBudget(generous, lambda: 1.0)) == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_one_attempt_means_no_repeat():
    assert waits(RepeatBudget(Repeats(attempts=1), lambda: 0.0)) == []


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 20), st.integers(1, 20), st.floats(0.1, 10))
def test_all_waits_together_stay_under_the_limit(jitter, asked, attempts, in_all):
    budget = RepeatBudget(Repeats(attempts=attempts, wait_in_all=in_all), lambda: jitter)
    found = waits(budget, asked)
    assert len(found) < attempts
    # sums of binary fractions: what is added in another order can differ in the last place
    assert sum(found) < in_all + 1e-9
    assert all(wait >= asked for wait in found)
    assert budget.patience == pytest.approx(in_all - sum(found))


def test_a_longer_retry_after_than_the_limit_ends_the_repeats():
    assert RepeatBudget(Repeats(wait_in_all=5.0), lambda: 0.0).next_wait(5.0) is None


def test_jitter_is_a_fraction_and_varies():
    drawn = {full_jitter() for _ in range(50)}
    assert len(drawn) > 1
    assert all(0 <= one < 1 for one in drawn)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "99999999999"}, 3600.0),
        (
            {"Retry-After": "Wed, 01 Jan 2025 00:00:10 GMT", "Date": "Wed, 01 Jan 2025 00:00:03 GMT"},
            7.0,
        ),
        ({"Retry-After": "Wed, 01 Jan 2025 00:00:10 -0000", "Date": "Wed, 01 Jan 2025 00:00:30 GMT"}, 0.0),
        ({"Retry-After": "Wed, 01 Jan 2025 00:00:10 GMT"}, 0.0),
        ({"Retry-After": "Wed, 01 Jan 2125 00:00:10 GMT", "Date": "rubbish"}, 3600.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_on_the_servers_clock(headers, seconds):
    assert retry_after_seconds(CaseInsensitiveDict(headers)) == seconds


@given(st.text())
def test_no_retry_after_text_breaks_the_reader(text):
    seconds = retry_after_seconds({"Retry-After": text})
    assert seconds is None or 0 <= seconds <= 3600
