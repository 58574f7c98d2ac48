"""Refusals in the vendor's own words (connectwise.md 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulators.connectwise.exact import dumps

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `errors[]`."""

    code: str
    message: str
    field: str


class ApiError(Exception):
    """A request that the API refuses: carries the complete answer."""

    def __init__(
        self,
        status: int,
        body: bytes,
        content_type: str = JSON_TYPE,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(body.decode("utf-8", "replace"))
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers or {}


def api_error(status: int, code: str, message: str, **more: Any) -> ApiError:
    """Return a refusal with the usual body."""
    return ApiError(status, dumps({"code": code, "message": message, **more}))


def invalid(resource: str, faults: Sequence[Fault]) -> ApiError:
    """Return 400 `InvalidObject` with one entry per fault."""
    entries = [
        {"code": fault.code, "message": fault.message, "resource": resource, "field": fault.field} for fault in faults
    ]
    return api_error(400, "InvalidObject", f"{resource} object is invalid", errors=entries)


def find_condition(message: str) -> ApiError:
    """Return 400 `ApiFindCondition` (unknown names, syntax errors of a filter)."""
    return api_error(400, "ApiFindCondition", message)


def not_found(kind: str, key: object) -> ApiError:
    """Return 404 for a record that does not exist."""
    return api_error(404, "NotFound", f"{kind} {key} not found")


def in_use(kind: str, key: int) -> ApiError:
    """Return 409 for a record that others refer to (connectwise.md 5; the wording is ours)."""
    return api_error(409, "Conflict", f"{kind} {key} is in use and cannot be deleted.")


def forbidden() -> ApiError:
    """Return 403 for a role without the permission."""
    return api_error(403, "Security", "You do not have security permission to perform this action.")


def required(field: str) -> Fault:
    """Return the entry for a member that is missing or empty."""
    return Fault("MissingRequiredField", f"The {field} field is required.", field)


def too_long(field: str, cap: int) -> Fault:
    """Return the entry for a text over its cap."""
    return Fault("MaxLengthField", f"The field {field} must be a string with a maximum length of {cap}.", field)


def bad_field(field: str, message: str) -> Fault:
    """Return the entry for a value that a rule refuses."""
    return Fault("InvalidField", message, field)


def missing_reference(field: str, message: str) -> Fault:
    """Return the entry for a reference to a record that does not exist."""
    return Fault("NotFound", message, field)


def duplicate(field: str, message: str) -> Fault:
    """Return the entry for a value that another record has already."""
    return Fault("ObjectExists", message, field)
