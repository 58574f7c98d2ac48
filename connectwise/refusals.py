"""From an answer, or the lack of one, to a typed error: status first, body second."""

from collections.abc import Mapping
from typing import Any

from connectwise.errors import (
    AnswerNotUnderstood,
    Conflict,
    ConnectWiseError,
    CredentialsRefused,
    DuplicateRecord,
    FieldError,
    NoAnswer,
    PermissionDenied,
    RateLimited,
    RecordNotFound,
    RequestInvalid,
    RouteInvalid,
    ServerFault,
)
from transport import AnswerCutOff, DeliveryFailed, LimiterPaused, Reply
from transport.decimal_json import NotJson, loads
from transport.redaction import conceal, loggable

SHOWN_CHARACTERS = 500
"""How much of a body that is not JSON is kept for the log."""

WAIT_WHEN_RATE_LIMITED = 30.0
"""Seconds to wait after a 429 that does not say how long (Developer Guide: "try again in 30 seconds")."""

_TIMEOUT_TEXTS = ("a timeout has occured", "timeout expired")  # "occured" is the vendor's spelling
_PERMANENT_500 = "error converting value"
_CANNOT_ROUTE = "cannot route"


class Refusals:
    """Makes errors of answers; `concealed` are texts that a server might repeat and a log must not show."""

    def __init__(self, concealed: tuple[str, ...]) -> None:
        self._concealed = concealed

    def from_reply(self, method: str, path: str, reply: Reply) -> ConnectWiseError:
        """Return the error that a status other than 2xx stands for."""
        body = error_body(reply)
        field_errors = tuple(self._field_error(entry) for entry in _entries(body))
        error_class = _class_of(reply.status, body, field_errors, _plain_text(reply))
        return error_class(
            method=method,
            path=path,
            status=reply.status,
            code=_code(body),
            vendor_message=self._message(reply, body),
            field_errors=field_errors,
            request_id=reply.headers.get("x-cw-request-id"),
            retry_after=_retry_after(reply),
        )

    def not_understood(self, method: str, path: str, reply: Reply, what_is_wrong: str) -> AnswerNotUnderstood:
        """Return the error for a success whose body is not what it should be."""
        shown = "" if reply.says_json else f": {self._message(reply, None)}"
        return AnswerNotUnderstood(
            method=method,
            path=path,
            status=reply.status,
            vendor_message=what_is_wrong + shown,
            request_id=reply.headers.get("x-cw-request-id"),
        )

    def from_failure(self, method: str, path: str, failure: DeliveryFailed) -> ConnectWiseError:
        """Return the error for a request that got no whole answer."""
        match failure:
            case AnswerCutOff(status=status, headers=headers) if 200 <= status < 300:
                return self.not_understood(method, path, Reply(status, headers, b""), failure.reason)
            case AnswerCutOff(status=status, headers=headers):
                return self.from_reply(method, path, Reply(status, headers, b""))
            case LimiterPaused(retry_after=retry_after):
                return RateLimited(
                    method=method,
                    path=path,
                    delivery="not_sent",
                    status=429,
                    vendor_message=failure.reason,
                    retry_after=retry_after,
                )
            case _:
                return NoAnswer(method=method, path=path, delivery=failure.delivery, vendor_message=failure.reason)

    def _message(self, reply: Reply, body: dict[str, Any] | None) -> str:
        if body is not None and isinstance(body.get("message"), str):
            return conceal(body["message"], self._concealed)
        if 300 <= reply.status < 400:
            return f"redirect to {loggable(reply.headers.get('Location', '')) or '(no address)'}"
        return conceal(_plain_text(reply), self._concealed)[:SHOWN_CHARACTERS]

    def _field_error(self, entry: dict[str, Any]) -> FieldError:
        texts = {name: conceal(str(text), self._concealed) for name, text in entry.items() if text is not None}
        return FieldError(texts.get("code", ""), texts.get("message", ""), texts.get("resource"), texts.get("field"))


def error_body(reply: Reply) -> dict[str, Any] | None:
    """Return the JSON object of an error answer, None when it has none."""
    if not reply.says_json:
        return None
    try:
        body = loads(reply.content)
    except NotJson:
        return None
    return body if isinstance(body, dict) else None


def cannot_route(reply: Reply) -> bool:
    """Whether the answer says that codebase or company in the path is wrong."""
    return reply.status == 400 and _CANNOT_ROUTE in _plain_text(reply).lower()


def timed_out_inside(reply: Reply) -> bool:
    """Whether the answer is a 500 that stands for a time-out of ConnectWise's own database."""
    text = _plain_text(reply).lower()
    return reply.status == 500 and any(sign in text for sign in _TIMEOUT_TEXTS)


def _class_of(
    status: int, body: dict[str, Any] | None, field_errors: tuple[FieldError, ...], text: str
) -> type[ConnectWiseError]:
    if status == 400:
        return _class_of_bad_request(field_errors, text)
    if status == 403:
        return _class_of_forbidden(body, text)
    if status == 404:
        # "The endpoint does not exist." is no statement about a record.
        return RequestInvalid if _code(body) == "ConnectWiseApi" else RecordNotFound
    if status == 500 and _PERMANENT_500 in text.lower():
        return RequestInvalid
    return _CLASSES.get(status) or _CLASS_OF_HUNDRED.get(status // 100, ServerFault)


_CLASSES: Mapping[int, type[ConnectWiseError]] = {
    401: CredentialsRefused,
    408: ServerFault,  # the network in front did not pass the request on, or not in time
    409: Conflict,
    429: RateLimited,
}
_CLASS_OF_HUNDRED: Mapping[int, type[ConnectWiseError]] = {3: RouteInvalid, 4: RequestInvalid}


def _class_of_bad_request(field_errors: tuple[FieldError, ...], text: str) -> type[ConnectWiseError]:
    if _CANNOT_ROUTE in text.lower():
        return RouteInvalid
    return DuplicateRecord if any(error.code == "ObjectExists" for error in field_errors) else RequestInvalid


def _class_of_forbidden(body: dict[str, Any] | None, text: str) -> type[ConnectWiseError]:
    if body is None:
        # A page of the network in front says nothing about the member's role.
        return ServerFault
    return RouteInvalid if "ssl is required" in text.lower() else PermissionDenied


def _entries(body: dict[str, Any] | None) -> list[dict[str, Any]]:
    errors = (body or {}).get("errors")
    return [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []


def _code(body: dict[str, Any] | None) -> str | None:
    # The 429 body names its code `error`.
    code = (body or {}).get("code") or (body or {}).get("error")
    return code if isinstance(code, str) else None


def _retry_after(reply: Reply) -> float | None:
    if reply.status == 429 and reply.retry_after is None:
        return WAIT_WHEN_RATE_LIMITED
    return reply.retry_after


def _plain_text(reply: Reply) -> str:
    return " ".join(reply.content.decode("utf-8", errors="replace").split())
