"""Settings of one emulator that `POST /_emulator/settings` changes."""

from dataclasses import dataclass, fields
from typing import Any

from emulators.dataverse.json_text import InvalidJsonError, loads


@dataclass(slots=True)
class Settings:
    """How long things take and which of two documented forms an answer has.

    `nested_change_set_errors` false answers a failed change set with one plain part, as OData asks; true is the form
    seen from 9.2 (dataverse.md 7).
    """

    key_index_seconds: float = 2.0
    webhook_timeout_seconds: float = 60.0
    webhook_most_bytes: int = 256 * 1024
    nested_change_set_errors: bool = True


def change_members(target: Any, body: bytes) -> str | None:
    """Take over the members of a JSON object into a dataclass; returns what is wrong, and then changes nothing."""
    try:
        document = loads(body)
    except InvalidJsonError as error:
        return f"body: {error}"
    if not isinstance(document, dict):
        return "body: a JSON object is expected"
    known = {item.name: type(getattr(target, item.name)) for item in fields(target)}
    for name, value in document.items():
        if name not in known:
            return f"{name}: not known; one of {', '.join(known)}"
        is_flag = isinstance(value, bool)
        if is_flag is not (known[name] is bool) or (not is_flag and not _is_number(value)):
            return f"{name}: a {known[name].__name__} is expected"
    for name, value in document.items():
        setattr(target, name, known[name](value))
    return None


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, (str, list, dict)) and value >= 0
