"""Errors of the Dataverse Web API: facts only; what to do about them is decided in `sync_core.classify`."""

from typing import Any, Literal

Delivery = Literal["not_sent", "maybe_sent", "answered"]


class DataverseError(Exception):
    """A request, or one part of a batch, that did not end in a usable answer.

    `status` is None when there was no answer. `code` is Dataverse's hex code such as `0x80060882`, or None.
    `retry_after` is in seconds.
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
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def is_write(self) -> bool:
        """Whether carrying it out twice could change something."""
        return self.method not in {"GET", "HEAD"}


class NoAnswer(DataverseError):
    """The connection failed or timed out; `delivery` says whether the request can have arrived."""


class AnswerNotUnderstood(DataverseError):
    """A success status with a body that is not what it should be (truncated, HTML, another shape)."""


class RequestInvalid(DataverseError):
    """400, 405, 413 or 501: the same request can never succeed."""


class CredentialsRefused(DataverseError):
    """401 although the token was new."""


class TokenUnavailable(DataverseError):
    """The identity platform gave no token for Dataverse."""


class AppSignInRefused(DataverseError):
    """The identity platform refused the app itself: its secret has ended, or a permission of it is missing."""


class InteractionRequired(DataverseError):
    """The person must sign in again, or consent (`consent`), before the app may act for them.

    `claims` is the JSON text that the sign-in has to be asked for, None when there is none.
    """

    def __init__(self, *, consent: bool, claims: str | None, **facts: Any) -> None:
        super().__init__(**facts)
        self.consent = consent
        self.claims = claims


class PermissionDenied(DataverseError):
    """403: the user, or the user that is impersonated, lacks a privilege."""


class RowNotFound(DataverseError):
    """404."""


class VersionMismatch(DataverseError):
    """412 on `If-Match` with an ETag, or on `If-None-Match: *`: the row is not as the caller believed."""


class DuplicateRow(DataverseError):
    """412 because of a unique key (0x80060892, 0x80040237)."""


class RateLimited(DataverseError):
    """429 of the service protection limits: certainly not carried out."""


class ServerFault(DataverseError):
    """5xx; a write may have been carried out."""
