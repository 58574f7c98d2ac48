"""Errors as a caller sees them: application/problem+json with one sentence that says what to do next."""

import base64
import json
import logging
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func
from pydantic import ValidationError

from dataverse.errors import InteractionRequired
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault

_log = logging.getLogger("psasync.http")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request body: where, and what is wrong."""

    path: str
    message: str


class FaultsFound(ValueError):
    """Faults that a model finds by looking at several of its members; raised by its validators."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path} {fault.message}" for fault in faults))
        self.faults = tuple(faults)


class Problem(Exception):
    """A request that is answered with an error; `code` is stable, `detail` is for the person.

    `claims` is the JSON text that the next sign-in has to ask for.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        retry_after: float | None = None,
        claims: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.retry_after = retry_after
        self.claims = claims


_STATUS_BY_CODE = {
    "connector_not_found": HTTPStatus.NOT_FOUND,
    "mapping_not_found": HTTPStatus.NOT_FOUND,
    "mapping_changed": HTTPStatus.CONFLICT,
    "mapping_in_use": HTTPStatus.CONFLICT,
    "connector_name_taken": HTTPStatus.CONFLICT,
    "connector_changed": HTTPStatus.CONFLICT,
    "connector_company_fixed": HTTPStatus.CONFLICT,
    "idempotency_key_reused": HTTPStatus.CONFLICT,
    "job_not_found": HTTPStatus.NOT_FOUND,
    "job_preparing": HTTPStatus.CONFLICT,
    "job_not_ended": HTTPStatus.CONFLICT,
    "nothing_to_retry": HTTPStatus.CONFLICT,
    "too_many_jobs": HTTPStatus.TOO_MANY_REQUESTS,
    "dataverse_permission_denied": HTTPStatus.FORBIDDEN,
}


def problem_from_error(error: SyncError) -> Problem:
    """Return how an error of the rules is presented."""
    status: HTTPStatus
    match error:
        case RecordRejected():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        case TransientFault() | OutcomeUnknown():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case ConfigurationFault():
            status = HTTPStatus.BAD_GATEWAY
        case _:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
    retry_after = error.retry_after if isinstance(error, TransientFault) else None
    return Problem(_STATUS_BY_CODE.get(error.code, status), error.code, error.user_message, retry_after=retry_after)


def problem_from_interaction(required: InteractionRequired) -> Problem:
    """Return the 401 with which the page asks the person to sign in again, or to consent."""
    if required.consent:
        return Problem(
            HTTPStatus.UNAUTHORIZED,
            "consent_required",
            "Agree that the app may use Dynamics 365 for you, or ask an administrator to agree for everybody.",
            claims=required.claims,
        )
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "sign_in_required",
        "Sign in again: your organization asks for more proof before the app may act for you.",
        claims=required.claims,
    )


def problem_from_validation(error: ValidationError) -> Problem:
    """Return a 400 that names each fault of the body."""
    faults: list[Fault] = []
    for entry in error.errors():
        cause = entry.get("ctx", {}).get("error")
        if isinstance(cause, FaultsFound):
            faults.extend(cause.faults)
        else:
            faults.append(Fault(".".join(str(part) for part in entry["loc"]) or "body", entry["msg"]))
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "request_invalid",
        "The request is not valid; correct what `errors` names and send it again.",
        faults=faults,
    )


def problem_response(problem: Problem) -> func.HttpResponse:
    """Return the answer and log it under the reference that the answer carries."""
    reference = str(uuid.uuid4())
    _log.warning("problem %s %s reference=%s", problem.status, problem.code, reference)
    body: dict[str, object] = {
        "type": f"urn:psa-sync:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": int(problem.status),
        "code": problem.code,
        "detail": problem.detail,
        "reference": reference,
    }
    if problem.faults:
        body["errors"] = [{"path": fault.path, "message": fault.message} for fault in problem.faults]
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after))
    if problem.claims is not None:
        body["claims"] = problem.claims
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _challenge(problem)
    return func.HttpResponse(
        json.dumps(body), status_code=int(problem.status), headers=headers, mimetype="application/problem+json"
    )


def _challenge(problem: Problem) -> str:
    """Claims travel in base64, as MSAL reads them (Microsoft identity platform: claims challenges)."""
    match problem.code:
        case "consent_required" | "sign_in_required":
            claims = base64.b64encode((problem.claims or "").encode()).decode("ascii")
            return 'Bearer error="insufficient_claims"' + (f', claims="{claims}"' if claims else "")
        case "token_invalid":
            return 'Bearer error="invalid_token"'
        case _:
            return "Bearer"
