"""Every route of the app x every role x every way in which a token can be wrong, through the functions as indexed."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import azure.functions as func
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from triggers import http
from triggers.access import ALLOWED_ROLES
from triggers.app import build_app
from triggers.identity import ROLES, TokenValidator
from triggers.limits import CallerLimits
from triggers.problems import Problem
from triggers.signing_keys import SigningKeys

pytestmark = pytest.mark.unit

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "99999999-9999-4999-8999-999999999999"
API = "22222222-2222-4222-8222-222222222222"
PERSON = "33333333-3333-4333-8333-000000000002"
AUTHORITY = "https://login.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PUBLISHED = json.dumps({"keys": [{**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k", "use": "sig"}]})
PUBLIC_ROUTES = {"health"}


def _claims(role: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": f"{AUTHORITY}/{TENANT}/v2.0",
        "aud": API,
        "tid": TENANT,
        "oid": PERSON,
        "scp": "access_as_user",
        "roles": [role],
        "nbf": now,
        "exp": now + 36_000,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _signed(role: str, *, key: Any = KEY, kid: str = "k", **changes: Any) -> str:
    return "Bearer " + jwt.encode(_claims(role, **changes), key, algorithm="RS256", headers={"kid": kid})


def _by_public_key_as_secret(role: str) -> str:
    """Sign with HS256 and the published key as the secret; PyJWT refuses to, so it is done by hand."""
    head, body, _ = jwt.encode(_claims(role), "x" * 64, algorithm="HS256", headers={"kid": "k"}).split(".")
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), PUBLIC_PEM)
    return f"Bearer {head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


WRONG: dict[str, tuple[Callable[[str], str | None], str]] = {
    "no token": (lambda role: None, "token_missing"),
    "basic": (lambda role: "Basic YTpi", "token_missing"),
    "rubbish": (lambda role: "Bearer a.b.c", "token_invalid"),
    "wrong audience": (lambda role: _signed(role, aud=PERSON), "token_invalid"),
    "audience among others": (lambda role: _signed(role, aud=[API, PERSON]), "token_invalid"),
    "wrong tenant": (lambda role: _signed(role, tid=OTHER_TENANT), "token_invalid"),
    "wrong issuer": (lambda role: _signed(role, iss=f"{AUTHORITY}/{OTHER_TENANT}/v2.0"), "token_invalid"),
    "version 1": (lambda role: _signed(role, iss=f"https://sts.windows.net/{TENANT}/"), "token_invalid"),
    "expired": (lambda role: _signed(role, exp=int(time.time()) - 3_600), "token_invalid"),
    "not yet valid": (lambda role: _signed(role, nbf=int(time.time()) + 7_200), "token_invalid"),
    "without end": (lambda role: _signed(role, exp=None), "token_invalid"),
    "other key": (lambda role: _signed(role, key=OTHER_KEY), "token_invalid"),
    "unknown key id": (lambda role: _signed(role, key=OTHER_KEY, kid="other"), "token_invalid"),
    "alg none": (lambda role: "Bearer " + jwt.encode(_claims(role), "", "none", {"kid": "k"}), "token_invalid"),
    "public key as secret": (_by_public_key_as_secret, "token_invalid"),
    "scope missing": (lambda role: _signed(role, scp=None), "token_invalid"),
    "other scope": (lambda role: _signed(role, scp="access_as_user2 user_impersonation"), "token_invalid"),
    "an application's token": (lambda role: _signed(role, scp=None, idtyp="app"), "token_invalid"),
    "signature cut": (lambda role: _signed(role)[:-8], "token_invalid"),
}
"""What is wrong with the token, and the code of the refusal."""


class Reached(Problem):
    """The request got past the door."""

    def __init__(self) -> None:
        super().__init__(418, "reached", "")


class Door:
    """A composition of which nothing but the door is there."""

    def __init__(self) -> None:
        self.token_validator = TokenValidator(
            authority=AUTHORITY, tenant_id=TENANT, api_client_id=API, keys=SigningKeys(PUBLISHED.encode)
        )
        self.caller_limits = CallerLimits(requests_per_minute=1_000_000)

    def sign_in_for_caller(self) -> None:
        raise Reached


@cache
def functions() -> dict[str, Any]:
    """HTTP functions by name, as the host indexes them."""
    return {one.get_function_name(): one for one in build_app().get_functions() if one.is_http_function()}


def routes() -> list[str]:
    return sorted(set(functions()) - PUBLIC_ROUTES)


@pytest.fixture(autouse=True)
def door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the door in front of every function; reading functions are stopped as soon as they act for the caller."""
    made = Door()
    monkeypatch.setattr(http, "composition", lambda: made)
    monkeypatch.setattr(http, "_READING", frozenset())


def call(name: str, authorization: str | None, **headers: str) -> tuple[int, str, func.HttpResponse]:
    function = functions()[name]
    method = str(function.get_trigger().methods[0].value)
    given = headers | ({"Authorization": authorization} if authorization is not None else {})
    answer = function.get_user_function()(
        func.HttpRequest(method, "https://app.example/api", headers=given, params={}, route_params={}, body=b"")
    )
    return answer.status_code, json.loads(answer.get_body()).get("code", ""), answer


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("route", routes())
def test_no_route_opens_to_a_wrong_token_whatever_role_it_claims(route: str, wrong: str) -> None:
    make, code = WRONG[wrong]
    for role in sorted(ROLES):
        status, given, answer = call(route, make(role))
        assert (status, given) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", [*sorted(ROLES), "psasync.admin", "PsaSync.Admin ", "Other"])
@pytest.mark.parametrize("route", routes())
def test_a_route_opens_to_the_roles_of_the_table_and_to_no_other(route: str, role: str) -> None:
    expected = (418, "reached") if role in ALLOWED_ROLES[route] else (403, "role_missing")
    assert call(route, _signed(role))[:2] == expected


@pytest.mark.parametrize("route", routes())
def test_a_valid_token_without_any_role_opens_nothing(route: str) -> None:
    assert call(route, _signed("x", roles=None))[:2] == (403, "role_missing")


@pytest.mark.parametrize("route", routes())
def test_headers_that_a_gateway_would_set_are_never_trusted(route: str) -> None:
    principal = "eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W3sidHlwIjoicm9sZXMiLCJ2YWwiOiJQc2FTeW5jLkFkbWluIn1dfQ=="
    forged = {
        "X-MS-CLIENT-PRINCIPAL": principal,
        "X-MS-CLIENT-PRINCIPAL-ID": PERSON,
        "X-MS-CLIENT-PRINCIPAL-NAME": "admin@contoso.example",
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN": _signed("PsaSync.Admin").removeprefix("Bearer "),
        "CallerObjectId": PERSON,
    }
    assert call(route, None, **forged)[:2] == (401, "token_missing")
    assert call(route, _signed("Other"), **forged)[:2] == (403, "role_missing")


def test_the_only_routes_without_a_caller_are_known() -> None:
    assert set(functions()) - set(ALLOWED_ROLES) == PUBLIC_ROUTES


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_minute_of_difference_between_clocks_does_no_harm(seconds: int) -> None:
    now = int(time.time())
    times = {"exp": now + seconds} if seconds < 0 else {"nbf": now + seconds}
    assert call("job", _signed("PsaSync.Admin", **times))[:2] == (418, "reached")
