"""The door of the app for tests: a real validator with its own key set, tokens of every kind, functions as indexed."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import azure.functions as func
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from triggers.app import build_app
from triggers.identity import TokenValidator
from triggers.limits import CallerLimits
from triggers.signing_keys import SigningKeys

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "99999999-9999-4999-8999-999999999999"
API = "22222222-2222-4222-8222-222222222222"
PERSON = "33333333-3333-4333-8333-000000000002"
AUTHORITY = "https://login.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PUBLISHED = json.dumps({"keys": [{**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k", "use": "sig"}]})


def claims_of(role: str, **changes: Any) -> dict[str, Any]:
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


def signed(role: str, *, key: Any = KEY, kid: str = "k", **changes: Any) -> str:
    return "Bearer " + jwt.encode(claims_of(role, **changes), key, algorithm="RS256", headers={"kid": kid})


def by_public_key_as_secret(role: str) -> str:
    """Sign with HS256 and the published key as the secret; PyJWT refuses to, so it is done by hand."""
    head, body, _ = jwt.encode(claims_of(role), "x" * 64, algorithm="HS256", headers={"kid": "k"}).split(".")
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), PUBLIC_PEM)
    return f"Bearer {head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


class Door:
    """A composition of which nothing but the door is there."""

    def __init__(self) -> None:
        self.token_validator = TokenValidator(
            authority=AUTHORITY, tenant_id=TENANT, api_client_id=API, keys=SigningKeys(PUBLISHED.encode)
        )
        self.caller_limits = CallerLimits(requests_per_minute=1_000_000)

    def sign_in_for_caller(self) -> None:
        """Nobody to sign in with."""


@cache
def functions() -> dict[str, Any]:
    """HTTP functions by name, as the host indexes them."""
    return {one.get_function_name(): one for one in build_app().get_functions() if one.is_http_function()}


def request(
    name: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> func.HttpResponse:
    """Call a function as the worker would."""
    function = functions()[name]
    made = func.HttpRequest(
        str(function.get_trigger().methods[0].value),
        "https://app.example/api",
        headers=dict(headers or {}),
        params=dict(query or {}),
        route_params=dict(route or {}),
        body=body,
    )
    answer: func.HttpResponse = function.get_user_function()(made)
    return answer
