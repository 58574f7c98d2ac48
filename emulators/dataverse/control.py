"""What the control plane asks of this emulator besides data: faults in Dataverse's words, and the limits."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from emulators.control_plane import FaultAnswer
from emulators.dataverse import limits
from emulators.dataverse.json_text import InvalidJsonError, dumps, loads
from emulators.dataverse.limits import LimitSettings, ServiceProtection
from emulators.dataverse.web import JSON_TYPE, error_response

_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head>"
    b"<body><h2>Service Unavailable</h2><p>HTTP Error 503. The service is unavailable.</p></body></html>"
)
_TEXTS: Final[dict[int, tuple[str, str]]] = {
    400: ("0x80040203", "Invalid Argument"),
    401: ("", "HTTP Error 401 - Unauthorized: Access is denied"),
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
    code, text = _TEXTS.get(status, ("0x80040216", "An unexpected error occurred."))
    headers = {"Content-Type": JSON_TYPE, "OData-Version": "4.0"}
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    return FaultAnswer(status, headers, dumps({"error": {"code": code, "message": text}}))


def limit_control(protection: ServiceProtection, method: str, body: bytes) -> FaultAnswer | None:
    """Answer `GET` and `POST /_emulator/limits`: read and change the service protection limits."""
    if method == "POST":
        problem = _change(protection, body)
        if problem is not None:
            return _answer(HTTPStatus.BAD_REQUEST, {"error": problem})
    elif method != "GET":
        return None
    settings = protection.settings
    return _answer(HTTPStatus.OK, {name: getattr(settings, name) for name in LimitSettings.__dataclass_fields__})


def _change(protection: ServiceProtection, body: bytes) -> str | None:
    try:
        document = loads(body)
    except InvalidJsonError as error:
        return f"body: {error}"
    if not isinstance(document, dict):
        return "body: a JSON object is expected"
    settings = protection.settings
    for name, value in document.items():
        if name not in LimitSettings.__dataclass_fields__:
            return f"{name}: no such limit"
        kind = type(getattr(settings, name))
        if isinstance(value, bool) is not (kind is bool) or isinstance(value, (str, list, dict)) or value is None:
            return f"{name}: a {kind.__name__} is expected"
    for name, value in document.items():
        setattr(settings, name, type(getattr(settings, name))(value))
    protection.clear()
    return None


def _answer(status: int, document: Mapping[str, Any]) -> FaultAnswer:
    return FaultAnswer(status, {"Content-Type": "application/json"}, dumps(document))
