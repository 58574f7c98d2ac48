"""Texts of one system in the columns of the other."""

import re

_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ufffe\uffff]+")
_ELLIPSIS = "…"


def one_line(text: str | None) -> str | None:
    """Return the text on one line, without control characters and blanks around it; None when nothing is left."""
    plain = _UNSTORABLE.sub(" ", text or "").encode("utf-16-le", "ignore").decode("utf-16-le", "ignore").strip()
    return plain or None


def fits(text: str, longest: int) -> bool:
    """Tell whether a column of `longest` UTF-16 units can hold the text (Dataverse counts as .NET does)."""
    return utf16_length(text) <= longest


def shortened(text: str, longest: int) -> str:
    """Return the text cut to `longest` UTF-16 units, an ellipsis at its end when something is missing."""
    if fits(text, longest):
        return text
    units = text.encode("utf-16-le")[: 2 * (longest - 1)]
    return units.decode("utf-16-le", "ignore").rstrip() + _ELLIPSIS


def utf16_length(text: str) -> int:
    """Return the length as .NET counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
