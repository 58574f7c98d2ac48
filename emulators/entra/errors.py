"""Errors of Entra ID: OAuth 2 members plus AADSTS code, times and ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4


@dataclass
class EntraError(Exception):
    """A request that Entra ID refuses; `claims` is a claims challenge, passed on as it is."""

    error: str
    code: int
    message: str
    status: int = 400
    suberror: str | None = None
    claims: str | None = None

    def document(self, now: datetime) -> dict[str, Any]:
        """Return the body of the answer."""
        trace, correlation = str(uuid4()), str(uuid4())
        stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
        ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.message} {ids}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        if self.claims:
            body["claims"] = self.claims
        return body


def missing(parameter: str) -> EntraError:
    """Return the error for an absent parameter."""
    return EntraError(
        "invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'."
    )


def unknown_application(client_id: str) -> EntraError:
    """Return the error for a client id that the tenant does not know."""
    return EntraError(
        "unauthorized_client", 700016, f"Application with identifier '{client_id}' was not found in the directory."
    )
