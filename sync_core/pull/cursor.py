"""The place in a list where a page ended: opaque to callers, valid on every instance of the app, kept nowhere."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sync_core.pull.filters import SortKey


class CursorInvalid(ValueError):
    """The cursor is none of ours, or belongs to another list."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`after`: the last key shown. `as_of`: what was changed later than this is not shown again in this list."""

    after: SortKey
    as_of: datetime | None


def cursor_text(cursor: Cursor, *, asked: str) -> str:
    """Return the cursor as text; `asked` is the question that the list answers."""
    as_of = None if cursor.as_of is None else int(cursor.as_of.timestamp())
    document = [1, _digest(asked), *cursor.after, as_of]
    text = json.dumps(document, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_from(text: str, *, asked: str) -> Cursor:
    """Return the cursor of a text; raise CursorInvalid when it does not belong to this question."""
    try:
        document = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        version, digest, value, psa_id, as_of = document
        if (version, digest) != (1, _digest(asked)) or not isinstance(value, str) or type(psa_id) is not int:
            raise CursorInvalid("the cursor belongs to another list")
        moment = None if as_of is None else datetime.fromtimestamp(as_of, UTC)
    except (ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
        raise CursorInvalid("the cursor is not valid") from error
    return Cursor((value, psa_id), moment)


def _digest(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()[:16]
