"""Texts and dates as ConnectWise can store them."""

import re
from datetime import date

_LINE_BREAKS = re.compile(r"\s*[\r\n\v\f\x85\u2028\u2029]\s*")
_UNSUPPORTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

LINE_SEPARATOR = " | "


def storable_text(text: str, longest: int) -> str:
    """Return the text on one line: ConnectWise stores no newline, carriage return, form feed or backspace.

    (Developer Guide: a newline shows as a blank.) Line breaks become " | ", or a blank where " | " would make the text
    longer than `longest` UTF-16 units. Nothing is cut off: a marker may stand at the end.
    """
    lines = _LINE_BREAKS.split(_UNSUPPORTED.sub("", text).strip())
    kept = [line for line in lines if line]
    separated = LINE_SEPARATOR.join(kept)
    return separated if utf16_length(separated) <= longest else " ".join(kept)


def utf16_length(text: str) -> int:
    """Return the length as a .NET server counts it."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def midnight(day: date) -> str:
    """Return the date of `day` (a date, or a time as it is) as `YYYY-MM-DDT00:00:00Z`, without any change of zone."""
    return f"{date(day.year, day.month, day.day).isoformat()}T00:00:00Z"
