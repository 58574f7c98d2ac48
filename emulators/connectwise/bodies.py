"""Strict reading of request bodies: unknown members 400, wrong types 500 (connectwise.md 4.1)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from sys import intern
from typing import Any

from emulators.connectwise.errors import ApiError, api_error
from emulators.connectwise.exact import is_double, loads
from emulators.connectwise.positions import Step, line_and_position, path_text
from emulators.connectwise.rows import interned
from emulators.connectwise.schema import CURRENT_VERSION, Kind, Member, Model, model

_INT32 = range(-(2**31), 2**31)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,10}", re.ASCII)
# Line breaks do not survive; a newline shows as a blank (connectwise.md 4.1).
_LOST_IN_TEXT = str.maketrans(dict.fromkeys("\n\r\b\f", " "))
_ACCEPT_HINT = "Check your accept header to make sure you are using the correct version."


# Halves of surrogate pairs cannot be written back as UTF-8.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL)


def _without_half(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape["half"] else escape[0]


class _UnknownMember(Exception):
    def __init__(self, steps: Sequence[Step], owner: str) -> None:
        super().__init__()
        self.steps, self.owner = steps, owner


class _WrongType(Exception):
    def __init__(self, steps: Sequence[Step], value: Any, type_name: str) -> None:
        super().__init__()
        self.steps, self.value, self.type_name = steps, value, type_name


def parse_body(raw: bytes) -> tuple[str, Any]:
    """Return text and JSON value of a body; raises ApiError 400."""
    try:
        text = _ESCAPE.sub(_without_half, raw.decode("utf-8-sig"))
        return text, loads(text)
    except (ValueError, RecursionError):
        raise api_error(400, "ConnectWiseApi", "The request body is not valid JSON.") from None


def read_object(
    owner: Model, text: str, data: Any, version: tuple[int, int], steps: Sequence[Step] = ()
) -> dict[str, Any]:
    """Return the members of a JSON object, typed after the model; `steps` say where it stands in `text`.

    Raises ApiError.
    """
    try:
        return _object(owner, data, steps, version)
    except _UnknownMember as fault:
        raise unknown_member(text, fault.steps, fault.owner) from None
    except _WrongType as fault:
        raise wrong_type(text, fault.steps, fault.value, fault.type_name) from None


def read_value(member: Member, text: str, data: Any, steps: Sequence[Step], version: tuple[int, int]) -> Any:
    """Return one member value, typed after the model; `steps` say where it stands in `text`. Raises ApiError."""
    try:
        return _value(member, data, steps, version)
    except _UnknownMember as fault:
        raise unknown_member(text, fault.steps, fault.owner) from None
    except _WrongType as fault:
        raise wrong_type(text, fault.steps, fault.value, fault.type_name) from None


def typed_members(owner: Model, data: Any) -> dict[str, Any]:
    """Return the members of an object that came in no request; raises ValueError "<path>: <what is wrong>"."""
    try:
        return _object(owner, data, (), CURRENT_VERSION)
    except _UnknownMember as fault:
        raise ValueError(f"{path_text(fault.steps)}: {fault.owner} has no such member") from None
    except _WrongType as fault:
        message = f"{path_text(fault.steps)}: {_shown(fault.value)} is not of type {fault.type_name}"
        raise ValueError(message.removeprefix(": ")) from None


def unknown_member(text: str, steps: Sequence[Step], owner: str) -> ApiError:
    """Return the refusal of a member that the model does not have."""
    line, position = line_and_position(text, steps, after_value=False)
    message = (
        f"Could not find member '{steps[-1]}' on object of type '{owner}'. "
        f"Path '{path_text(steps)}', line {line}, position {position}.{_ACCEPT_HINT}"
    )
    return api_error(400, "ConnectWiseApi", message)


def wrong_type(text: str, steps: Sequence[Step], value: Any, type_name: str) -> ApiError:
    """Return the refusal of a value of the wrong type: status 500, yet permanent."""
    line, position = line_and_position(text, steps, after_value=True)
    message = (
        f"Error converting value {_shown(value)} to type '{type_name}'. "
        f"Path '{path_text(steps)}', line {line}, position {position}."
    )
    return api_error(500, "ConnectWiseApi", message)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "{null}"
        case str():
            return f'"{value}"'
        case dict():
            return "{object}"
        case list():
            return "[array]"
        case _:
            return str(value)


def _object(owner: Model, data: Any, steps: Sequence[Step], version: tuple[int, int]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _WrongType(steps, data, owner.name)
    values = {}
    for name, value in data.items():
        member = owner.members.get(name)
        if member is None or member.observed_only or member.since > version:
            raise _UnknownMember((*steps, name), owner.name)
        values[name] = _value(member, value, (*steps, name), version)
    return values


def _value(member: Member, data: Any, steps: Sequence[Step], version: tuple[int, int]) -> Any:
    if data is None:
        if member.nullable:
            return None
        raise _WrongType(steps, data, member.kind.value)
    match member.kind:
        case Kind.REFERENCE:
            return _object(model(member.model), data, steps, version)
        case Kind.OBJECTS:
            owner = model(member.model)
            return [_object(owner, item, (*steps, i), version) for i, item in enumerate(_array(data, steps))]
        case Kind.SCALARS:
            kind = member.element or Kind.TEXT
            return tuple(_scalar(kind, item, (*steps, i)) for i, item in enumerate(_array(data, steps)))
        case Kind.INFO:
            return None
        case kind:
            return _scalar(kind, data, steps)


def _array(data: Any, steps: Sequence[Step]) -> list[Any]:
    if not isinstance(data, list):
        raise _WrongType(steps, data, "System.Collections.Generic.List`1")
    return data


def _scalar(kind: Kind, data: Any, steps: Sequence[Step]) -> Any:
    value = _CONVERSIONS[kind](data)
    if value is None:
        raise _WrongType(steps, data, kind.value)
    return value


def _integer(data: Any) -> int | None:
    # a number in quotes was converted without complaint (connectwise.md 4.1)
    if isinstance(data, str) and _WHOLE.fullmatch(data):
        data = int(data)
    return data if isinstance(data, int) and not isinstance(data, bool) and data in _INT32 else None


def _number(data: Any) -> Decimal | None:
    if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
        return None
    # floats come only from seeds that are Python code; their shortest text is what was meant
    value = Decimal(repr(data) if isinstance(data, float) else data)
    return interned(value) if is_double(value) else None


def _boolean(data: Any) -> bool | None:
    return data if isinstance(data, bool) else None


def _text(data: Any) -> str | None:
    return data.translate(_LOST_IN_TEXT) if isinstance(data, str) else None


def _choice(data: Any) -> str | None:
    # one shared object for the few texts that all rows repeat
    return intern(data) if isinstance(data, str) else None


def _time(data: Any) -> str | None:
    """Return a time as it is written, whole seconds and Z only (connectwise.md 4.1)."""
    if not isinstance(data, str) or not _TIME.fullmatch(data):
        return None
    try:
        datetime.fromisoformat(data)
    except ValueError:
        return None
    return intern(data)


def _any(data: Any) -> Any:
    # written out, a number such as 1e999999999 would fill the memory
    return None if isinstance(data, Decimal) and not is_double(data) else data


_CONVERSIONS = {
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.TEXT: _text,
    Kind.ENUM: _choice,
    Kind.TIME: _time,
    Kind.ANY: _any,
}
