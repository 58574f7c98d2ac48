"""Identifiers of new ConnectWise records: made of Work 365's texts, never equal for two rows by being cut."""

import hashlib
import re
import unicodedata

_DASHES = frozenset("\u2212\u00ad\u2043\uff0d\ufe63")
"""Minus, soft hyphen, hyphen bullet and the wide forms; the category of the others is "dash"."""

_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANKS = re.compile(r" {2,}")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^A-Z0-9]+")


def typed(text: str | None) -> str:
    """Return the text as a person would type it: any dash as `-`, one blank for any run of them, nothing unprinted."""
    return _BLANKS.sub(" ", "".join(map(_typed_character, text or ""))).strip()


def letters_and_digits(text: str | None) -> str:
    """Return what is left of a text in ASCII capitals and digits, accents taken off (`Ünïted 1` becomes `UNITED1`)."""
    plain = unicodedata.normalize("NFKD", (text or "").upper()).encode("ascii", "ignore").decode("ascii")
    return _NEITHER_LETTER_NOR_DIGIT.sub("", plain.upper())


def head(text: str, longest: int) -> str:
    """Return the beginning of the text in at most `longest` UTF-16 units, no character cut in two."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore").rstrip()


def told_apart(text: str, longest: int, ending: str) -> str:
    """Return the beginning of the text with an ending that belongs to one Work 365 row alone, within `longest` units.

    Two texts that are alike in what is kept of them thus never become one identifier.
    """
    return head(text, longest - len(ending)) + ending


def digits_of(source_id: str) -> str:
    """Return six hexadecimal digits that stand for a Work 365 row."""
    return hashlib.sha256(source_id.lower().encode("ascii")).hexdigest()[:6]


def _typed_character(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Pd" or character in _DASHES:
        return "-"
    return "" if category in _UNPRINTED else " " if category.startswith("Z") else character
