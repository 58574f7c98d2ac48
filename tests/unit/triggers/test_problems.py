"""Errors as callers see them."""

import base64
import json

import pytest

from dataverse.errors import InteractionRequired
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault
from triggers.problems import Fault, Problem, problem_from_error, problem_from_interaction, problem_response

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (RecordRejected, "other", 422),
        (RecordRejected, "connector_not_found", 404),
        (RecordRejected, "idempotency_key_reused", 409),
        (TransientFault, "psa_unreachable", 503),
        (OutcomeUnknown, "dataverse_outcome_unknown", 503),
        (ConfigurationFault, "psa_credentials_refused", 502),
        (ConfigurationFault, "dataverse_permission_denied", 403),
        (SyncError, "other", 500),
    ],
)
def test_each_recovery_class_has_a_status(kind: type[SyncError], code: str, status: int) -> None:
    problem = problem_from_error(kind(user_message="Do this.", code=code))
    assert (problem.status, problem.code, problem.detail) == (status, code, "Do this.")


def test_an_answer_is_problem_json_with_a_reference_and_is_not_cached() -> None:
    response = problem_response(Problem(400, "request_invalid", "Correct it.", faults=[Fault("items", "too few")]))
    body = json.loads(response.get_body())
    assert response.mimetype == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert body["type"] == "urn:psa-sync:problem:request_invalid"
    assert (body["title"], body["status"], body["detail"]) == ("Bad Request", 400, "Correct it.")
    assert body["errors"] == [{"path": "items", "message": "too few"}]
    assert len(body["reference"]) == 36


def test_a_wait_is_told_in_whole_seconds_and_a_missing_token_challenges() -> None:
    assert problem_response(Problem(503, "x", "Later.", retry_after=1.2)).headers["Retry-After"] == "2"
    assert problem_response(Problem(401, "token_missing", "Sign in.")).headers["WWW-Authenticate"] == "Bearer"


def test_a_claims_challenge_reaches_the_page_in_the_body_and_as_msal_reads_it() -> None:
    claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    required = InteractionRequired(method="POST", path="x", consent=False, claims=claims)
    response = problem_response(problem_from_interaction(required))
    body = json.loads(response.get_body())
    assert (response.status_code, body["code"], body["claims"]) == (401, "sign_in_required", claims)
    error, _, sent = response.headers["WWW-Authenticate"].partition(", ")
    assert error == 'Bearer error="insufficient_claims"'
    assert base64.b64decode(sent.removeprefix('claims="').removesuffix('"')).decode() == claims


def test_a_missing_consent_is_named_as_such() -> None:
    required = InteractionRequired(method="POST", path="x", consent=True, claims=None)
    response = problem_response(problem_from_interaction(required))
    body = json.loads(response.get_body())
    assert (response.status_code, body["code"], "claims" in body) == (401, "consent_required", False)
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_claims"'
