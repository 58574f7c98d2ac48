"""Texts and dates in the form that ConnectWise stores."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.texts import midnight, storable_text, utf16_length


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("one line", "one line"),
        ("first\nsecond", "first | second"),
        ("first\r\n\r\n  second \n", "first | second"),
        ("a\fb\u2028c", "a | b | c"),
        ('tab\tand "quotes" and \\', 'tab\tand "quotes" and \\'),
        ("bell\x07 back\bspace", "bell backspace"),
        ("  \n ", ""),
    ],
)
def test_line_breaks_become_a_separator(text, stored):
    assert storable_text(text, 6000) == stored


def test_a_text_that_would_grow_too_long_gets_blanks_and_keeps_its_end():
    text = "\n".join("abc" for _ in range(4)) + "MARK"
    assert utf16_length(text) == 19
    assert storable_text(text, 24) == "abc abc abc abcMARK"
    assert storable_text(text, 25) == "abc | abc | abc | abcMARK"


def test_length_is_counted_in_utf_16_units():
    assert utf16_length("a😀") == 3
    assert utf16_length("\ud800") == 1


@given(st.text(), st.integers(0, 50))
def test_no_text_keeps_what_connectwise_cannot_store(text, longest):
    stored = storable_text(text, longest)
    assert not set(stored) & set("\n\r\f\b\v")
    assert utf16_length(stored) <= max(longest, utf16_length(text))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=13))])
def test_a_date_is_never_moved_between_zones(zone):
    assert midnight(datetime(2024, 2, 29, 23, 59, tzinfo=zone)) == "2024-02-29T00:00:00Z"
    assert midnight(datetime(987, 1, 2, tzinfo=zone)) == "0987-01-02T00:00:00Z"
