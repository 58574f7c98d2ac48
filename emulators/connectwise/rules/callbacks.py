"""Callback registrations (connectwise.md 8.1)."""

import uuid
from urllib.parse import urlsplit

from emulators.connectwise.draft import Draft
from emulators.connectwise.errors import Fault, bad_field, duplicate
from emulators.connectwise.resources import CALLBACKS
from emulators.connectwise.rules.base import Rules

OWNER = "owner"
# Levels by type, lower case; the documents name those of agreement and company only, the others get Owner.
LEVELS = {
    **dict.fromkeys(
        (
            "activity",
            "configuration",
            "contact",
            "expense",
            "invoice",
            "member",
            "opportunity",
            "productcatalog",
            "project",
            "purchaseorder",
            "schedule",
            "site",
            "ticket",
            "time",
        ),
        (OWNER,),
    ),
    "agreement": (OWNER, "type", "company", "agreement"),
    "company": (OWNER, "status", "type", "territory", "company", "integratortag"),
}


class CallbackRules(Rules):
    """Known type and level, a usable address, no registration twice."""

    def check(self, draft: Draft) -> None:
        """Check url, type, level and uniqueness; fill object id and GUID."""
        values = draft.values
        if values.get("url") and not _usable(values["url"]):
            draft.faults.append(bad_field("url", "Invalid URL"))
        self._check_level(draft)
        if str(values.get("level")).lower() == OWNER and values.get("objectId") is not None:
            values["objectId"] = 1
        if draft.verb == "POST":
            values["connectWiseID"] = str(uuid.uuid4())
        if any(_identity(values) == _identity(other) for other in self._others(draft)):
            draft.faults.append(duplicate("objectId", "A matching callback entry already exists"))
        if draft.changed("inactiveFlag"):
            values["failingSince"] = None

    def _check_level(self, draft: Draft) -> None:
        kind, level = draft.values.get("type"), draft.values.get("level")
        if not kind or not level:
            return
        levels = LEVELS.get(kind.lower())
        if levels is None:
            draft.faults.append(Fault("InvalidObject", "Unrecognized type", "type"))
        elif level.lower() not in levels:
            message = "Unrecognized level for type, see documentation for supported levels for each type"
            draft.faults.append(Fault("InvalidObject", message, "level"))

    def _others(self, draft: Draft) -> list[dict[str, object]]:
        table = self.store[CALLBACKS]
        return [table.values(row) for row_id, row in table.rows.items() if row_id != draft.row_id]


def _identity(values: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(values.get(name)).lower() for name in ("type", "level", "objectId", "url"))


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not url.strip().count(" ")
    except ValueError:
        return False
