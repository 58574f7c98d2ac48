"""JSON of the control plane: exact numbers in and out."""

import json
from decimal import Decimal
from typing import Any

import orjson


class BadInput(Exception):
    """The caller of a control route sent something unusable; the text names the member."""


def parse(body: bytes) -> Any:
    """Return the JSON value of `body`, fractions as Decimal; raises BadInput."""
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise BadInput(f"body: not JSON ({error})") from None


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of `body`; an empty body is an empty object. Raises BadInput."""
    value = parse(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise BadInput("body: a JSON object is expected")
    return value


def dump(value: Any) -> bytes:
    """Return `value` as JSON; a Decimal becomes a plain number with all its digits."""
    return orjson.dumps(value, default=_exact)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no JSON form")
