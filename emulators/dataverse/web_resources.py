"""Web resources as files under `/WebResources/` (dateless caching paths included)."""

import base64
import binascii
import re
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import invalid_argument
from emulators.dataverse.rows import Row
from emulators.dataverse.web import Response

_PATH: Final = re.compile(r"(?:/%7B[^/]*%7D|/\{[^/]*\})?/WebResources/(.+)", re.IGNORECASE)
_TYPES: Final = {
    1: "text/html; charset=utf-8",
    2: "text/css; charset=utf-8",
    3: "text/javascript; charset=utf-8",
    4: "text/xml; charset=utf-8",
    5: "image/png",
    6: "image/jpeg",
    7: "image/gif",
    8: "application/x-silverlight-app",
    9: "text/xml; charset=utf-8",
    10: "image/x-icon",
    11: "image/svg+xml",
    12: "text/xml; charset=utf-8",
}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_./\-]*")


def web_resource_name(path: str) -> str | None:
    """Return the name of the web resource that a path asks for, None for other paths."""
    match = _PATH.fullmatch(path)
    return None if match is None else unquote(match[1])


def serve(environment: Environment, method: str, name: str) -> Response:
    """Answer GET of a web resource; a browser needs no token, because Dynamics knows it by its session."""
    if method not in ("GET", "HEAD"):
        return Response(HTTPStatus.METHOD_NOT_ALLOWED)
    row = _find(environment, name)
    if row is None:
        return Response(
            HTTPStatus.NOT_FOUND, [("Content-Type", "text/html")], b"<h2>404 - File or directory not found.</h2>"
        )
    content = base64.b64decode(row.get("content") or "")
    headers = [
        ("Content-Type", _TYPES.get(row.get("webresourcetype") or 0, "application/octet-stream")),
        ("Cache-Control", "no-cache"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Response(HTTPStatus.OK, headers, content)


def check(row: Row) -> None:
    """Refuse a name without a customization prefix and content that is not base64."""
    name = row.get("name") or ""
    if not _NAME.fullmatch(name):
        raise invalid_argument(f"Web resource names may only include letters, numbers, periods, and slashes: {name}")
    try:
        base64.b64decode(row.get("content") or "", validate=True)
    except binascii.Error as error:
        raise invalid_argument("The content of a web resource must be base64.") from error


def _find(environment: Environment, name: str) -> Row | None:
    rows = environment.store.rows(environment.table("webresource"))
    for row_id in rows.with_value(rows.table.columns["name"], name):
        return rows.by_id[row_id]
    return None
