"""Where in a JSON text a member stands, for the messages of refused bodies."""

from collections.abc import Sequence
from json import JSONDecoder

_BLANKS = " \t\r\n"
_decoder = JSONDecoder()

Step = str | int


def path_text(steps: Sequence[Step]) -> str:
    """Return steps as `communicationItems[1].value`."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def line_and_position(text: str, steps: Sequence[Step], *, after_value: bool) -> tuple[int, int]:
    """Return line (from 1) and position behind the name of the member, or behind its value."""
    end = _behind_name(text, steps)
    if after_value:
        end = _skip_value(text, end)
    line_start = text.rfind("\n", 0, end) + 1
    return text.count("\n", 0, end) + 1, end - line_start


def _behind_name(text: str, steps: Sequence[Step]) -> int:
    at = 0
    for step in steps:
        at = _skip_blanks(text, at) + 1
        at = _element(text, at, step) if isinstance(step, int) else _member(text, at, step)
    return at


def _member(text: str, at: int, name: str) -> int:
    """Return the offset behind `"name":`; `at` is behind the opening brace."""
    while True:
        key, at = _decoder.raw_decode(text, _skip_blanks(text, at))
        at = _skip_blanks(text, at) + 1
        if key == name:
            return at
        at = _skip_blanks(text, _skip_value(text, at)) + 1


def _element(text: str, at: int, index: int) -> int:
    for _ in range(index):
        at = _skip_blanks(text, _skip_value(text, at)) + 1
    return at


def _skip_value(text: str, at: int) -> int:
    return _decoder.raw_decode(text, _skip_blanks(text, at))[1]


def _skip_blanks(text: str, at: int) -> int:
    while text[at] in _BLANKS:
        at += 1
    return at
