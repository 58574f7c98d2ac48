"""JSON with exact numbers: fractions are Decimal on the way in and plain decimals on the way out (domain.md M1)."""

import json
from decimal import Decimal
from typing import Any

import orjson


class InvalidJsonError(ValueError):
    """The text is not JSON."""


def loads(text: bytes | str) -> Any:
    """Return the value of `text`, numbers with a fraction or exponent as Decimal; raises InvalidJsonError."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(str(error)) from error


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON of `value`."""
    return orjson.dumps(value, default=_plain)


def decimal_text(value: Decimal) -> str:
    """Return `value` without an exponent."""
    return format(value, "f")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(decimal_text(value))
    raise TypeError(f"no JSON for {type(value).__name__}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
