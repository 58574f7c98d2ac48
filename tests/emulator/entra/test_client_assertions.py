"""How an app proves itself without a secret: what is checked of its assertion, and the exact refusals."""

import time
from typing import Any

import jwt
import pytest

from emulators.entra.client_authentication import ASSERTION_TYPE
from emulators.entra.directory import (
    API_CLIENT_ID,
    CLIENT_SECRET,
    IDENTITY_HEADER,
    TENANT_ID,
    TOKEN_EXCHANGE,
    object_id,
)
from tests.emulator.entra.conftest import EntraClient
from tests.emulator.entra.credentials import assertion, certificate

pytestmark = pytest.mark.emulator

ROBOT = "aaaaaaaa-0000-4000-8000-000000000020"
PUBLIC, PRIVATE = certificate()
OTHER_PUBLIC, OTHER_PRIVATE = certificate()
NOW = time.time()


def seed(entra: EntraClient, **members: Any) -> None:
    robot = {"appId": ROBOT, "id": "aaaaaaaa-0000-4000-8000-000000000021"}
    entra.control("POST", "seed", {"applications": [robot | members]}).raise_for_status()


def shown(entra: EntraClient, proof: str) -> tuple[int, Any]:
    """Return the status, and the proof that the token tells of or the code of the refusal."""
    answer = entra.token(
        grant_type="client_credentials",
        client_id=ROBOT,
        scope="https://org.crm.dynamics.com/.default",
        client_assertion=proof,
        client_assertion_type=ASSERTION_TYPE,
    )
    document = answer.json()
    if answer.status_code == 200:
        claims = jwt.decode(document["access_token"], options={"verify_signature": False})
        return 200, claims["azpacr"]
    return answer.status_code, document["error_codes"]


def endpoint(entra: EntraClient) -> str:
    return f"{entra.tenant}/oauth2/v2.0/token"


def test_an_assertion_of_the_registered_certificate_is_taken_and_may_come_again(entra: EntraClient) -> None:
    seed(entra, certificates=[PUBLIC])
    proof = assertion(PUBLIC, PRIVATE, ROBOT, endpoint(entra), nbf=int(NOW))
    assert [shown(entra, proof) for _ in range(2)] == [(200, "2")] * 2


@pytest.mark.parametrize(
    ("keys", "changes", "code"),
    [
        ((OTHER_PUBLIC, OTHER_PRIVATE), {}, 700027),
        ((PUBLIC, OTHER_PRIVATE), {}, 700027),
        ((PUBLIC, PRIVATE), {"aud": "https://login.example/token"}, 700023),
        ((PUBLIC, PRIVATE), {"aud": None}, 700023),
        ((PUBLIC, PRIVATE), {"sub": API_CLIENT_ID}, 700021),
        ((PUBLIC, PRIVATE), {"iss": API_CLIENT_ID}, 700211),
        ((PUBLIC, PRIVATE), {"exp": int(NOW) - 600}, 700024),
        ((PUBLIC, PRIVATE), {"exp": None}, 700024),
        ((PUBLIC, PRIVATE), {"nbf": int(NOW) + 3_600}, 700024),
        ((PUBLIC, PRIVATE), {"jti": None}, 700027),
    ],
)
def test_every_other_assertion_is_refused(
    entra: EntraClient, keys: tuple[str, str], changes: dict[str, Any], code: int
) -> None:
    seed(entra, certificates=[PUBLIC])
    assert shown(entra, assertion(*keys, ROBOT, endpoint(entra), **changes)) == (401, [code])


def test_rubbish_and_an_assertion_without_a_signature_are_refused(entra: EntraClient) -> None:
    seed(entra, certificates=[PUBLIC])
    unsigned = jwt.encode({"iss": ROBOT, "sub": ROBOT, "aud": endpoint(entra)}, "", algorithm="none")
    assert shown(entra, "rubbish") == (401, [50027])
    assert shown(entra, unsigned) == (401, [700027])


def identity_token(entra: EntraClient, resource: str = TOKEN_EXCHANGE) -> str:
    answer = entra.get(
        f"/msi/token?api-version=2019-08-01&resource={resource}", headers={"X-IDENTITY-HEADER": IDENTITY_HEADER}
    )
    return str(answer.json()["access_token"])


def trust(entra: EntraClient, **changes: Any) -> dict[str, Any]:
    return {"issuer": f"{entra.url}/{TENANT_ID}/v2.0", "subject": object_id(9)} | changes


def test_a_token_of_a_managed_identity_that_the_app_trusts_is_taken(entra: EntraClient) -> None:
    seed(entra, federatedIdentityCredentials=[trust(entra)])
    assert shown(entra, identity_token(entra)) == (200, "2")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://login.example/v2.0"}, 700211),
        ({"subject": object_id(8)}, 700213),
        ({"subject": object_id(9).upper().replace("A", "a") + " "}, 700213),
        ({"audiences": ["api://other"]}, 700212),
    ],
)
def test_a_token_that_matches_no_credential_is_refused(entra: EntraClient, changes: dict[str, Any], code: int) -> None:
    seed(entra, federatedIdentityCredentials=[trust(entra, **changes)])
    assert shown(entra, identity_token(entra)) == (401, [code])


def test_a_token_for_another_audience_or_of_another_key_or_time_is_refused(entra: EntraClient) -> None:
    seed(entra, federatedIdentityCredentials=[trust(entra)])
    assert shown(entra, identity_token(entra, "https://org.crm.dynamics.com")) == (401, [700212])
    good = identity_token(entra)
    claims = jwt.decode(good, options={"verify_signature": False})
    kid = jwt.get_unverified_header(good)["kid"]
    assert shown(entra, jwt.encode(claims, OTHER_PRIVATE, "RS256", headers={"kid": kid})) == (401, [700027])
    assert shown(entra, jwt.encode(claims, OTHER_PRIVATE, "RS256", headers={"kid": "other"})) == (401, [700027])
    entra.control("POST", "clock", {"advance_seconds": 2 * 86_400})
    assert shown(entra, good) == (401, [700024])


def test_an_app_that_trusts_nobody_takes_no_token(entra: EntraClient) -> None:
    seed(entra, secrets=[CLIENT_SECRET])
    assert shown(entra, identity_token(entra)) == (401, [700211])


@pytest.mark.parametrize(
    ("credential", "sentence"),
    [
        ({"subject": "x"}, "applications[0].federatedIdentityCredentials[0].issuer: missing"),
        ({"issuer": "x", "subject": "y", "name": "z"}, "federatedIdentityCredentials[0].name: unknown member"),
    ],
)
def test_a_credential_that_is_none_is_refused_with_its_path(
    entra: EntraClient, credential: dict[str, str], sentence: str
) -> None:
    robot = {"appId": ROBOT, "id": ROBOT, "federatedIdentityCredentials": [credential]}
    answer = entra.control("POST", "seed", {"applications": [robot]})
    assert answer.status_code == 400
    assert sentence in answer.text
