"""Text of a queue message: its encoding, and what the host makes of an output (functions.md 3.5, 4.1)."""

import base64
import binascii
import json
from typing import Any

from azure.functions.meta import Datum


def decoded(text: str, encoding: str) -> str | None:
    """Return the text that a function sees, or None when it cannot be decoded."""
    if encoding == "none":
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def encoded(content: bytes, encoding: str) -> str:
    """Return the message text for `content`."""
    return content.decode("utf-8") if encoding == "none" else base64.b64encode(content).decode("ascii")


def messages_of(output: Datum) -> list[bytes]:
    """Return the messages that the host makes of one output value: several for a JSON array."""
    if output.value is None:
        return []
    if output.type == "bytes":
        return [output.value]
    text = str(output.value)
    stripped = text.strip()
    if (stripped[:1], stripped[-1:]) not in (("{", "}"), ("[", "]")):
        return [text.encode("utf-8")]
    try:
        value = json.loads(stripped)
    except ValueError:
        return [text.encode("utf-8")]
    return [_element(item) for item in value] if isinstance(value, list) else [_element(value)]


def _element(value: Any) -> bytes:
    # the real host re-serialises with white space of its own, so that nobody may rely on the text
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return text.encode("utf-8")
