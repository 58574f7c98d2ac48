"""JSON in which every number with a fraction is a Decimal, in both directions (money is never a float)."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any


class NotJson(ValueError):
    """The bytes are not one JSON value; the text does not repeat them."""


def loads(content: bytes) -> Any:
    """Return the JSON value of `content` (UTF-8), fractions as Decimal; raise NotJson, also for NaN and Infinity."""
    failure: str
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        failure = f"{error.msg} at character {error.pos} of {len(error.doc)}"
    except UnicodeDecodeError:
        failure = "the bytes are not UTF-8"
    except (ValueError, RecursionError) as error:
        failure = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    # Raised outside the except block: the decoder's error carries the whole document.
    raise NotJson(failure)


def dumps(value: object) -> bytes:
    """Return `value` as compact JSON in ASCII; a Decimal becomes a plain number without exponent.

    Raises TypeError for a float or anything else that JSON does not have, ValueError for NaN and Infinity.
    """
    return "".join(_tokens(value)).encode("ascii")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _tokens(value: object) -> Iterator[str]:
    match value:
        case None | bool() | str():
            yield json.dumps(value)
        case int():
            yield int.__repr__(value)
        case Decimal():
            yield _plain_number(value)
        case Mapping():
            yield from _object_tokens(value)
        case list() | tuple():
            yield from _array_tokens(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in JSON with exact numbers")


def _object_tokens(members: Mapping[Any, object]) -> Iterator[str]:
    separator = "{"
    for name, value in members.items():
        if not isinstance(name, str):
            raise TypeError(f"a member name must be a text, not {type(name).__name__}")
        yield f"{separator}{json.dumps(name)}:"
        yield from _tokens(value)
        separator = ","
    yield "}" if separator == "," else "{}"


def _array_tokens(elements: list[Any] | tuple[Any, ...]) -> Iterator[str]:
    separator = "["
    for element in elements:
        yield separator
        yield from _tokens(element)
        separator = ","
    yield "]" if separator == "," else "[]"


def _plain_number(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError(f"{number} is not a JSON number")
    return format(number.copy_abs() if number.is_zero() else number, "f")
