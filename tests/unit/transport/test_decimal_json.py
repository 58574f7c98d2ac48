"""Money crosses the wire as the digits it has."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.decimal_json import NotJson, dumps, loads

pytestmark = pytest.mark.unit

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain_values)
def test_what_is_written_is_read_back_as_it_was(value):
    assert loads(dumps(value)) == value


@given(plain_values)
def test_what_is_written_is_ordinary_json_in_ascii(value):
    written = dumps(value)
    assert written.isascii()
    json.loads(written)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("12.50", b"12.50"),
        ("1E+5", b"100000"),
        ("-3E-7", b"-0.0000003"),
        ("-0.00", b"0.00"),
        ("0.1", b"0.1"),
        ("123456789012345678901234567890.01", b"123456789012345678901234567890.01"),
    ],
)
def test_a_decimal_is_written_with_its_digits_and_no_exponent(number, written):
    assert dumps({"n": Decimal(number)}) == b'{"n":' + written + b"}"


def test_fractions_are_read_as_decimals():
    found = loads(b'{"price": 12.10, "large": 1e3, "count": 3}')
    assert found == {"price": Decimal("12.10"), "large": Decimal("1E+3"), "count": 3}
    assert str(found["price"]) == "12.10"
    assert isinstance(found["count"], int)


@pytest.mark.parametrize("value", [1.5, {"a": [float(2)]}, {1: "a"}, {1, 2}, object()])
def test_what_has_no_exact_json_is_refused(value):
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_finite_are_refused_in_both_directions(number):
    with pytest.raises(ValueError, match="not a JSON number"):
        dumps(Decimal(number))
    with pytest.raises(NotJson, match=number):
        loads(f'{{"n": {number}}}'.encode())


@pytest.mark.parametrize(
    "content", [b"", b'{"a": 12', b"<html>secret</html>", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000, b'{"a":1} x']
)
def test_anything_else_than_one_json_value_is_not_json_and_is_not_repeated(content):
    with pytest.raises(NotJson) as refusal:
        loads(content)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_a_byte_order_mark_does_no_harm():
    assert loads(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_empty_arrays_and_objects_and_tuples_are_written():
    assert dumps([{}, [], (1, True, None)]) == b"[{},[],[1,true,null]]"
