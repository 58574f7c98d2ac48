"""Conditions say what was meant, whatever the values are."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.conditions import all_of, any_of, compare, contains, encoded, literal, one_of, split_in


def unquoted(written):
    """Read a double-quoted literal back by the rules of the reference; fail when it ends early."""
    assert written[0] == '"'
    found, position = [], 1
    while written[position] != '"':
        if written[position] == "\\":
            position += 1
        found.append(written[position])
        position += 1
    assert position == len(written) - 1, "the text ended before its end"
    return "".join(found)


@given(st.text())
def test_any_text_survives_quoting(text):
    assert unquoted(literal(text)) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_url(text):
    assert unquote(encoded(text)) == text
    assert not set(encoded(text)) & set("&#+ \"'\\?")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (-3, "-3"),
        (Decimal("1E+2"), "100"),
        (Decimal("12.50"), "12.50"),
        ("Bob's", '"Bob\'s"'),
        ('6" pipe\\', '"6\\" pipe\\\\"'),
        (date(2025, 7, 1), "[2025-07-01T00:00:00Z]"),
        (datetime(2025, 7, 1, 9, 30, 5, 999999, tzinfo=UTC), "[2025-07-01T09:30:05Z]"),
        (datetime(2025, 7, 1, 9, tzinfo=timezone(timedelta(hours=2))), "[2025-07-01T07:00:00Z]"),
    ],
)
def test_values_are_written_as_the_developer_guide_shows(value, written):
    assert literal(value) == written


@pytest.mark.parametrize("value", [datetime(2025, 7, 1), Decimal("NaN"), Decimal("Infinity")])  # noqa: DTZ001 - the fault
def test_a_value_that_has_no_meaning_on_the_server_is_refused(value):
    with pytest.raises(ValueError, match=r"without zone|cannot be compared"):
        literal(value)


@pytest.mark.parametrize("path", ["", "a b", "name=1 or id", "company/", "/id", "a//b", 'x"', "naïve", "1a"])
def test_a_path_that_is_no_member_is_refused(path):
    with pytest.raises(ValueError, match="not the name of a member"):
        compare(path, "=", 1)


def test_comparisons_read_like_the_developer_guide():
    assert compare("company/id", "=", 5).text == "company/id = 5"
    assert compare("lastUpdated", ">=", date(2025, 7, 1)).text == "lastUpdated >= [2025-07-01T00:00:00Z]"
    assert contains("company/name", "test", negated=True).text == 'company/name not contains "test"'
    assert contains("name", "[a]").text == 'name contains "[[]a]"'
    assert one_of("id", [3, 2]).text == "id in (3,2)"


def test_joined_parts_are_put_in_parentheses_when_they_are_joined_themselves():
    a, b, c = (compare(name, "=", 1) for name in "abc")
    assert all_of(a, any_of(b, c)).text == "a = 1 and (b = 1 or c = 1)"
    assert any_of(all_of(a, b), c).text == "(a = 1 and b = 1) or c = 1"
    assert all_of(any_of(a)).text == "a = 1"
    assert all_of(a, one_of("id", [1])).uses_in


@pytest.mark.parametrize("build", [all_of, any_of, lambda: one_of("id", [])])
def test_a_condition_of_nothing_is_refused(build):
    with pytest.raises(ValueError, match=r"nothing to join|at least one"):
        build()


@given(st.lists(st.integers(1, 10**9), unique=True, max_size=300), st.integers(10, 400))
def test_long_lists_are_split_by_encoded_length_without_loss(ids, room):
    parts = list(split_in("id", ids, lambda condition: len(encoded(condition.text)) <= room))
    listed = [part.text.removeprefix("id in (").removesuffix(")").split(",") for part in parts]
    assert [int(one) for part in listed for one in part] == ids
    for position, part in enumerate(parts):
        assert len(encoded(part.text)) <= room or len(listed[position]) == 1
        if position + 1 < len(parts):  # no part stops while the next id would still fit
            longer = one_of("id", [*map(int, listed[position]), int(listed[position + 1][0])])
            assert len(encoded(longer.text)) > room
