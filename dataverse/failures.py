"""From an HTTP answer to a typed error: by status, then by Dataverse's code, never by its text (Dataverse: errors)."""

from collections.abc import Mapping
from typing import Any

from dataverse.errors import (
    CredentialsRefused,
    DataverseError,
    DuplicateRow,
    PermissionDenied,
    RateLimited,
    RequestInvalid,
    RowNotFound,
    ServerFault,
    VersionMismatch,
)
from transport import decimal_json
from transport.repeats import retry_after_seconds

TRANSIENT = (RateLimited, ServerFault)
"""Failures of one part of a batch after which the same part may succeed a moment later."""

_BY_STATUS: dict[int, type[DataverseError]] = {
    400: RequestInvalid,
    401: CredentialsRefused,
    403: PermissionDenied,
    404: RowNotFound,
    405: RequestInvalid,
    412: VersionMismatch,
    413: RequestInvalid,
    429: RateLimited,
    501: RequestInvalid,
}

# unique key of the table, alternate key, duplicate-detection rule
_DUPLICATE_CODES = frozenset({"0x80040237", "0x80060892", "0x80040333"})

_LONGEST_MESSAGE = 500


def failure_from(
    method: str, path: str, status: int, headers: Mapping[str, str], content: bytes
) -> DataverseError | None:
    """Return the error that the answer means, or None when its status is a success.

    `headers` must find names in lower case. A status that no page of Dataverse names becomes a plain DataverseError.
    """
    if 200 <= status < 300:
        return None
    code, message = _code_and_message(content)
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else DataverseError)
    if kind is VersionMismatch and code in _DUPLICATE_CODES:
        kind = DuplicateRow
    return kind(
        method=method,
        path=path,
        status=status,
        code=code,
        vendor_message=message,
        request_id=headers.get("x-ms-service-request-id") or headers.get("req_id"),
        retry_after=retry_after_seconds(
            {"Retry-After": headers.get("retry-after", ""), "Date": headers.get("date", "")}
        ),
    )


def _code_and_message(content: bytes) -> tuple[str | None, str]:
    """Read `{"error": {"code", "message"}}`; anything else (HTML of a gateway) is the message itself, cut."""
    try:
        document: Any = decimal_json.loads(content)
    except ValueError:
        return None, content[: 4 * _LONGEST_MESSAGE].decode("utf-8", "replace").strip()[:_LONGEST_MESSAGE]
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return None, str(document)[:_LONGEST_MESSAGE]
    code = str(error.get("code") or "").lower()
    # "0x0" and "" are both sent where Dataverse has no code
    return (None if code in {"", "0x0"} else code), str(error.get("message") or "")
