"""Typed reading of the members of a control request; every complaint names the member."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from emulators.control_plane.wire import BadInput


def refuse_unknown(document: Mapping[str, Any], known: Collection[str], where: str = "") -> None:
    """Raise BadInput for the first member that is not in `known`."""
    for name in document:
        if name not in known:
            raise BadInput(f"{where}{name}: unknown member; known are {', '.join(sorted(known))}")


def number(
    document: Mapping[str, Any], name: str, *, least: float | None = None, most: float | None = None
) -> float | None:
    """Return a number within the bounds, or None when the member is absent or null."""
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise BadInput(f"{name}: a number is expected")
    if least is not None and value < least:
        raise BadInput(f"{name}: must be at least {least:g}")
    if most is not None and value > most:
        raise BadInput(f"{name}: must be at most {most:g}")
    return float(value)


def whole(document: Mapping[str, Any], name: str, *, least: int | None = None, most: int | None = None) -> int | None:
    """Return a whole number within the bounds, or None when the member is absent or null."""
    value = number(document, name, least=least, most=most)
    if value is None:
        return None
    if value != int(value):
        raise BadInput(f"{name}: a whole number is expected")
    return int(document[name])


def choice(document: Mapping[str, Any], name: str, allowed: Collection[str], default: str | None = None) -> str:
    """Return one of the allowed words; raises BadInput when it is another or absent without a default."""
    value = document.get(name, default)
    if value not in allowed:
        raise BadInput(f"{name}: must be one of {', '.join(sorted(allowed))}")
    return str(value)


class Match:
    """Which requests a rule is about: a method (any when None) and a regex searched in the path (any when None)."""

    def __init__(self, document: Any) -> None:
        document = {} if document is None else document
        if not isinstance(document, dict):
            raise BadInput("match: an object is expected")
        refuse_unknown(document, ("method", "path"), "match.")
        self.method = self._text(document, "method")
        self.path = self._text(document, "path")
        self._method = self.method.upper() if self.method else None
        try:
            self._regex = re.compile(self.path) if self.path else None
        except re.error as error:
            raise BadInput(f"match.path: not a regular expression ({error})") from None

    @staticmethod
    def _text(document: Mapping[str, Any], name: str) -> str | None:
        value = document.get(name)
        if value is not None and not isinstance(value, str):
            raise BadInput(f"match.{name}: text is expected")
        return value

    def __call__(self, method: str, path: str) -> bool:
        """Tell whether a request is meant."""
        return (self._method is None or self._method == method) and (
            self._regex is None or self._regex.search(path) is not None
        )

    def document(self) -> dict[str, str]:
        """Return the match as it was sent."""
        return {name: text for name, text in (("method", self.method), ("path", self.path)) if text is not None}
