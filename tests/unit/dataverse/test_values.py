"""Values between Dataverse's JSON and Python."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse import values
from dataverse.errors import AnswerNotUnderstood

pytestmark = pytest.mark.unit


def test_values_are_read_by_type() -> None:
    row = {
        "@odata.etag": 'W/"7"',
        "text": "a",
        "empty": "",
        "whole": 5,
        "flag": True,
        "money": Decimal("1.50"),
        "round": 2,
        "_x_value": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "_x_value@OData.Community.Display.V1.FormattedValue": "Contoso",
        "time": "2026-01-31T08:00:00Z",
        "day": "2026-01-31",
        "local": "2026-01-31T23:00:00Z",
        "child": {"a": 1},
        "none": None,
    }

    assert values.etag(row) == 'W/"7"'
    assert (values.text(row, "text"), values.text(row, "empty"), values.text(row, "none")) == ("a", None, None)
    assert (values.whole(row, "whole"), values.whole(row, "none")) == (5, None)
    assert (values.flag(row, "flag"), values.flag(row, "none")) == (True, False)
    assert (values.exact(row, "money"), values.exact(row, "round")) == (Decimal("1.50"), Decimal(2))
    assert isinstance(values.exact(row, "round"), Decimal)
    assert values.guid(row, "_x_value") == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert values.guid(row, "none") is None
    assert values.formatted(row, "_x_value") == "Contoso"
    assert values.moment(row, "time") == datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert values.moment(row, "none") is None
    assert (values.day(row, "day"), values.day(row, "none")) == (date(2026, 1, 31), None)
    assert values.child(row, "child") == {"a": 1}
    assert values.child(row, "none") is None


def test_a_date_is_never_moved_through_a_time_zone() -> None:
    assert values.day({"d": "2026-01-31T23:59:59+14:00"}, "d") == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (values.text, 1),
        (values.whole, "1"),
        (values.whole, True),
        (values.whole, Decimal("1.5")),
        (values.flag, 1),
        (values.exact, "1"),
        (values.exact, True),
        (values.moment, "yesterday"),
        (values.day, "31.01.2026"),
        (values.child, [1]),
    ],
)
def test_a_value_of_another_type_is_not_understood(read: object, value: object) -> None:
    with pytest.raises(AnswerNotUnderstood, match="column x"):
        read({"x": value}, "x")  # type: ignore[operator]


def test_a_column_that_cannot_be_empty_is_not_understood_when_it_is() -> None:
    with pytest.raises(AnswerNotUnderstood, match=r"@odata\.etag"):
        values.etag({})


@given(st.text(), st.integers(1, 50))
def test_a_fitted_text_is_never_longer_than_its_column_and_has_no_control_characters(text: str, longest: int) -> None:
    fitted = values.fitted(text, longest)

    assert fitted is None or 0 < len(fitted.encode("utf-16-le")) <= 2 * longest
    assert not any(char < " " and char not in "\t\r\n" for char in fitted or "")
    assert values.fitted(fitted, longest) == fitted


def test_a_text_that_is_too_long_ends_with_an_ellipsis() -> None:
    assert values.fitted("abcdef", 4) == "abc\u2026"
    assert values.fitted("abcd", 4) == "abcd"
    assert values.fitted("a\U0001f600b", 3) == "a\u2026"
    assert values.fitted(" \x00 ", 3) is None
    assert values.fitted(None, 3) is None


def test_numbers_keep_the_ten_decimals_of_our_columns() -> None:
    assert values.stored_decimal(Decimal("1.123456789012")) == Decimal("1.1234567890")
    assert str(values.stored_decimal(Decimal("1.10"))) == "1.10"
    assert values.stored_decimal(None) is None


def test_a_deadline_is_rounded_up_and_a_time_down() -> None:
    time = datetime(2026, 1, 31, 8, 0, 0, 1, tzinfo=UTC)

    assert values.stored_deadline(time) == "2026-01-31T08:00:01Z"
    assert values.stored_deadline(time.replace(microsecond=0)) == "2026-01-31T08:00:00Z"
    assert values.stored_deadline(None) is None
    assert values.stored_time(time) == "2026-01-31T08:00:00Z"
    assert values.stored_time(None) is None


def test_a_row_holds_what_was_written_although_line_ends_and_zeros_differ() -> None:
    row = {"text": "a\r\nb", "amount": Decimal("1.1000000000"), "none": None, "whole": 1, "more": 7}

    assert values.holds(row, {"text": "a\nb", "amount": Decimal("1.1"), "none": None, "whole": 1})
    for other in ({"text": "a\nc"}, {"amount": Decimal("1.2")}, {"none": 1}, {"whole": None}, {"text": None}):
        assert not values.holds(row, other)
