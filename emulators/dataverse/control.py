"""What the control plane asks of this emulator besides data: faults in Dataverse's words, limits and settings."""

import math
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from emulators.control_plane import FaultAnswer
from emulators.dataverse import limits
from emulators.dataverse.json_text import dumps
from emulators.dataverse.limits import LimitSettings, ServiceProtection
from emulators.dataverse.settings import Settings, change_members
from emulators.dataverse.web import JSON_TYPE, error_response

_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head>"
    b"<body><h2>Service Unavailable</h2><p>HTTP Error 503. The service is unavailable.</p></body></html>"
)
_TEXTS: Final[dict[int, tuple[str, str]]] = {
    400: ("0x80040203", "Invalid Argument"),
    403: ("0x80040220", "Principal user is missing a privilege"),
    404: ("0x80040217", "The record does not exist."),
    412: ("0x80060882", "The version of the existing record doesn't match the RowVersion property provided."),
    500: ("0x80044150", "Generic SQL error."),
    503: ("0x80072540", "The server is temporarily busy. Try again later."),
    504: ("0x80044151", "SQL timeout expired."),
}


def vendor_fault(kind: str, status: int, retry_after: float | None, settings: LimitSettings) -> FaultAnswer:
    """Return Dataverse's own answer for a fault of kind status, rate_limit or html."""
    if kind == "html":
        return FaultAnswer(status, {"Content-Type": "text/html"}, _HTML)
    if kind == "rate_limit" or status == HTTPStatus.TOO_MANY_REQUESTS:
        response = error_response(limits.refusal(limits.COUNT_CODE, retry_after or 1, settings))
        return FaultAnswer(status, {**dict(response.headers), "OData-Version": "4.0"}, response.body)
    if status == HTTPStatus.UNAUTHORIZED:
        text = b"HTTP Error 401 - Unauthorized: Access is denied"
        return FaultAnswer(status, {"Content-Type": "text/plain", "WWW-Authenticate": "Bearer"}, text)
    code, message = _TEXTS.get(status, ("0x80040216", "An unexpected error occurred."))
    headers = {"Content-Type": JSON_TYPE, "OData-Version": "4.0"}
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    return FaultAnswer(status, headers, dumps({"error": {"code": code, "message": message}}))


def own_control(
    protection: ServiceProtection, settings: Settings, method: str, name: str, body: bytes
) -> FaultAnswer | None:
    """Answer `GET` and `POST` of `limits` and `settings` under `/_emulator/`."""
    targets: dict[str, LimitSettings | Settings] = {"limits": protection.settings, "settings": settings}
    target = targets.get(name)
    if target is None or method not in ("GET", "POST"):
        return None
    if method == "POST":
        problem = change_members(target, body)
        if problem is not None:
            return _answer(HTTPStatus.BAD_REQUEST, {"error": problem})
        if name == "limits":
            protection.clear()
    return _answer(HTTPStatus.OK, asdict(target))


def _answer(status: int, document: dict[str, Any]) -> FaultAnswer:
    return FaultAnswer(status, {"Content-Type": "application/json"}, dumps(document))
