"""Versions of the models that an `Accept` header may pin (connectwise.md 2.2)."""

import re

from emulators.connectwise.schema import CURRENT_VERSION

_PINNED = re.compile(
    r"application/vnd\.connectwise\.com\+json\s*;\s*version\s*=\s*\"?(\d{4})\.(\d{1,2})", re.IGNORECASE
)


def accepted_version(accept: str) -> tuple[int, int]:
    """Return the version that the header pins; the newest without one."""
    pinned = _PINNED.search(accept)
    return (int(pinned[1]), int(pinned[2])) if pinned else CURRENT_VERSION
