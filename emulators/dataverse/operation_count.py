"""How many rows a request touches: each part of a batch and each target of a bulk message counts."""

import re
from typing import Final

from emulators.dataverse.json_text import InvalidJsonError, loads

_PART: Final = re.compile(rb"\r\nContent-Type: application/http", re.IGNORECASE)


def operation_count(path: str, body: bytes) -> int:
    """Return the number of operations in one request."""
    if path.endswith("$batch"):
        return len(_PART.findall(body))
    if path.endswith("Multiple"):
        try:
            document = loads(body)
        except InvalidJsonError:
            return 1
        targets = document.get("Targets") if isinstance(document, dict) else None
        return len(targets) if isinstance(targets, list) else 1
    return 1
