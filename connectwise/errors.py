"""Errors of the ConnectWise API: facts only; what to do about them is decided in `sync_core.classify`."""

from dataclasses import dataclass
from typing import Literal

Delivery = Literal["not_sent", "maybe_sent", "answered"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of `errors[]`."""

    code: str
    message: str
    resource: str | None = None
    field: str | None = None


class ConnectWiseError(Exception):
    """A request to ConnectWise that did not end in a usable answer.

    `status` is None when there was no answer. `vendor_message` is ConnectWise's own text, or 500 characters of a
    body that is not JSON. `retry_after` is in seconds.
    """

    def __init__(
        self,
        *,
        method: str,
        path: str,
        delivery: Delivery = "answered",
        status: int | None = None,
        code: str | None = None,
        vendor_message: str = "",
        field_errors: tuple[FieldError, ...] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{method} {path}: {status or delivery} {code or ''} {vendor_message}".strip())
        self.method = method
        self.path = path
        self.delivery = delivery
        self.status = status
        self.code = code
        self.vendor_message = vendor_message
        self.field_errors = field_errors
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def is_write(self) -> bool:
        """Whether carrying it out twice could change something."""
        return self.method not in {"GET", "HEAD"}


class NoAnswer(ConnectWiseError):
    """The connection failed or timed out; `delivery` says whether the request can have arrived."""


class AnswerNotUnderstood(ConnectWiseError):
    """A success status with a body that is not the JSON it should be (truncated, HTML, another shape)."""


class RequestInvalid(ConnectWiseError):
    """400, 405, 414 or 415, or 500 "Error converting value": the same request can never succeed."""


class DuplicateRecord(RequestInvalid):
    """400 with `ObjectExists` in `errors[]`: ConnectWise reports duplicates so, not with 409."""


class RouteInvalid(ConnectWiseError):
    """Codebase or company in the path is wrong, or the server answered with a redirect."""


class CredentialsRefused(ConnectWiseError):
    """401, or an HTML 404 while the credentials do not work elsewhere either."""


class PermissionDenied(ConnectWiseError):
    """403: the API member's role lacks a permission."""


class RecordNotFound(ConnectWiseError):
    """404 with a JSON body."""


class Conflict(ConnectWiseError):
    """409: the record is in use."""


class RateLimited(ConnectWiseError):
    """429: certainly not carried out."""


class ServerFault(ConnectWiseError):
    """5xx, or an answer from the network in front of ConnectWise; a write may have been carried out."""
