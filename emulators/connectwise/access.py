"""Who may call: keys, clientId and the permissions of the security role (connectwise.md 2.2 and 5)."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.connectwise.errors import ApiError, api_error, forbidden
from emulators.connectwise.resources import SETUP

COMPANY = "contoso"
PUBLIC_KEY = "emulator-public"
PRIVATE_KEY = "emulator-private"
WEB_SERVER_404 = (
    b"<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head>"
    b"<body><h2>404 - File or directory not found.</h2></body></html>"
)

# Security areas of the role, as the product names them.
AREAS: Mapping[str, str] = {
    "Company": "Companies > Company Maintenance",
    "Contact": "Companies > Contacts",
    "Agreement": "Finance > Agreements",
    "Invoice": "Finance > Invoicing",
    "Catalog": "Procurement > Product Catalog",
    SETUP: "System > Table Setup",
    "Callback": "System > API Members",
}
RIGHTS = {"GET": "inquire", "POST": "add", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one API member of the emulated tenant."""

    company: str = COMPANY
    public_key: str = PUBLIC_KEY
    private_key: str = PRIVATE_KEY


class Access:
    """Checks credentials and permissions."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._denied: set[tuple[str, str]] = set()

    def check_caller(self, headers: Mapping[str, str], *, html_for_wrong_keys: bool) -> str:
        """Return the public key of the caller; raises ApiError 401, or the HTML 404 that the switch asks for."""
        key = self._key(headers.get("authorization", ""))
        if key is None:
            if html_for_wrong_keys:
                raise ApiError(404, WEB_SERVER_404, "text/html")
            raise api_error(401, "Unauthorized", "Incorrect public/private key")
        if not _is_guid(headers.get("clientid", "")):
            raise api_error(401, "Unauthorized", "A clientId header with the GUID of the integration is required.")
        return key

    def check_permission(self, area: str, method: str) -> None:
        """Raise ApiError 403 when the role lacks the right; setup lists can be read without it."""
        right = RIGHTS.get(method, "inquire")
        if (area, right) in self._denied and not (area == SETUP and right == "inquire"):
            raise forbidden()

    def set_right(self, area: Any, right: str, granted: Any) -> None:
        """Grant or deny a right of the role; raises ValueError that names the member."""
        if area not in AREAS:
            raise ValueError(f"area: one of {', '.join(AREAS)} is expected")
        if right not in RIGHTS.values():
            raise ValueError(f"{right}: one of {', '.join(sorted(set(RIGHTS.values())))} is expected")
        if granted not in (True, False):
            raise ValueError(f"{right}: true or false is expected")
        if granted:
            self._denied.discard((area, right))
        else:
            self._denied.add((area, right))

    def document(self) -> dict[str, dict[str, bool]]:
        """Return all rights by area."""
        rights = sorted(set(RIGHTS.values()))
        return {area: {right: (area, right) not in self._denied for right in rights} for area in AREAS}

    def _key(self, authorization: str) -> str | None:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, private_key = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        company, _, public_key = user.partition("+")
        known = self.credentials
        given = (company.lower(), public_key, private_key)
        return public_key if given == (known.company.lower(), known.public_key, known.private_key) else None


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.strip("{}").lower()
    except ValueError:
        return False
