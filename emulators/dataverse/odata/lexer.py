"""Tokens of an expression."""

import re
from typing import Final, NamedTuple

from emulators.dataverse.errors import query_syntax

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(?![\w-])
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))(?!\w)
    |(?P<date>\d{4}-\d\d-\d\d)(?![\w-])
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?!\w)
    |(?P<string>'(?:[^']|'')*')
    |(?P<json>"(?:[^"\\]|\\.)*")
    |(?P<name>[A-Za-z_$]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<alias>@\w+)
    |(?P<mark>[(),/:=\[\];])
    |(?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class Token(NamedTuple):
    """One token; `position` counts characters from the start of the expression."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`, an `end` token last; raises DataverseError 400."""
    found: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind], match.start(kind)))
        if kind == "end":
            return found
        position = match.end()


def _unreadable(text: str, position: int) -> Exception:
    start = position + len(text[position:]) - len(text[position:].lstrip())
    if text[start] == "'":
        return query_syntax(f"There is an unterminated literal at position {len(text)} in '{text}'.")
    return query_syntax(f"Syntax error: character '{text[start]}' is not valid at position {start} in '{text}'.")
