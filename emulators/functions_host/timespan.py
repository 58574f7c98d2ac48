"""Durations as .NET writes them in host.json and in timer schedules."""

import re

_SHAPE = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2})(?::(?P<seconds>\d{2}(?:\.\d{1,7})?))?")


def timespan_seconds(text: str) -> float | None:
    """Return the seconds of `[d.]hh:mm[:ss[.fffffff]]`, or None when `text` has another shape."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = int(match["hours"]), int(match["minutes"]), float(match["seconds"] or 0)
    if hours > 23 or minutes > 59 or seconds >= 60:
        return None
    return ((int(match["days"] or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
