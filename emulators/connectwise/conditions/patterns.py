"""Text matching of `contains` and `like`: case-blind, with the wildcards of the database (connectwise.md 3.1)."""

import re
from collections.abc import Callable

from emulators.connectwise.errors import find_condition
from emulators.connectwise.rows import fold

_OPEN = "[[]"
_PIECE = re.compile(r"\[(\^?)(\]?[^\]]*)\]|.", re.DOTALL)

TextTest = Callable[[str], bool]


def contains(text: str) -> TextTest:
    """Return a test for texts that hold `text`; `[[]` stands for a square bracket, `[abc]` for one of its letters."""
    folded = fold(text)
    if "[" not in folded:
        return lambda value: folded in fold(value)
    return _compiled(folded, wildcards=False, anchored=False)


def like(text: str) -> TextTest:
    """Return a test for whole texts; `*` and `%` stand for any run of characters."""
    return _compiled(fold(text), wildcards=True, anchored=True)


def equals(text: str) -> TextTest:
    """Return a test for texts that are `text`, its brackets escaped or not."""
    folded = fold(text)
    if _OPEN not in folded:
        return lambda value: fold(value) == folded
    forms = (folded, folded.replace(_OPEN, "["))
    return lambda value: fold(value) in forms


def _compiled(text: str, *, wildcards: bool, anchored: bool) -> TextTest:
    source = "".join(_piece(match, wildcards=wildcards) for match in _PIECE.finditer(text))
    try:
        pattern = re.compile(source, re.DOTALL)
    except re.error:
        raise find_condition("The text has an invalid range in square brackets.") from None
    find = pattern.fullmatch if anchored else pattern.search
    return lambda value: find(fold(value)) is not None


def _piece(match: re.Match[str], *, wildcards: bool) -> str:
    piece = match[0]
    if len(piece) > 1 and match[2]:
        letters = re.sub(r"([\\\]\[^&~|])", r"\\\1", match[2])
        return f"[{'^' if match[1] else ''}{letters}]"
    if wildcards and piece in "*%":
        return ".*"
    return re.escape(piece)
