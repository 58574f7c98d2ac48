"""Numbers and JSON without binary floats: what comes in as 12.5 goes out as 12.5."""

import json
from decimal import Context, Decimal
from typing import Any, NoReturn

import orjson

EXACT = Context(prec=200)
_LARGEST_EXPONENT = 308


def loads(text: str) -> Any:
    """Parse JSON with fractions as Decimal; raises ValueError, also for NaN and Infinity."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def is_double(value: Decimal) -> bool:
    """Tell whether a number fits the range of a double."""
    return -_LARGEST_EXPONENT <= value.adjusted() <= _LARGEST_EXPONENT and _scale(value) <= _LARGEST_EXPONENT


def _scale(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def plain(value: Decimal) -> str:
    """Return a number as the vendor writes its doubles: 25.0, 12.5, 0.0333."""
    text = format(value, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def dumps(value: Any) -> bytes:
    """Return JSON bytes; Decimals are written as plain numbers."""
    return orjson.dumps(value, default=_fragment)


def _fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")
