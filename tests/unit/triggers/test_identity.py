"""The app validates the caller's token itself: signature, issuer, audience, tenant, times, scope, algorithm."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from triggers.access import ALLOWED_ROLES, require_role
from triggers.app import build_app
from triggers.identity import ROLES, Caller, TokenValidator
from triggers.problems import Problem

pytestmark = pytest.mark.unit

TENANT = "11111111-1111-4111-8111-111111111111"
API = "22222222-2222-4222-8222-222222222222"
PERSON = "33333333-3333-4333-8333-000000000002"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def validator(find_key: Callable[[str], Any] | None = None) -> TokenValidator:
    """Return a validator that knows one published key and opens no connection."""
    made = TokenValidator(authority="https://login.example/", tenant_id=TENANT, api_client_id=API)
    published = SimpleNamespace(key=KEY.public_key())
    made._keys = SimpleNamespace(get_signing_key_from_jwt=find_key or (lambda token: published))  # type: ignore[assignment]
    return made


def token(key: Any = KEY, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": f"https://login.example/{TENANT}/v2.0",
        "aud": API,
        "tid": TENANT,
        "oid": PERSON.upper(),
        "scp": "profile access_as_user",
        "roles": ["PsaSync.Billing"],
        "nbf": now,
        "exp": now + 600,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_valid_token_names_the_person_and_the_roles() -> None:
    caller = validator().caller(f"Bearer {token()}")
    assert caller == Caller(PERSON, frozenset({"PsaSync.Billing"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Bearer ", "token_missing"),
        (f"Basic {token()}", "token_missing"),
        ("Bearer rubbish", "token_invalid"),
        (f"Bearer {token(OTHER_KEY)}", "token_invalid"),
        (f"Bearer {token('', 'none')}", "token_invalid"),
        (f"Bearer {token('x' * 64, 'HS256')}", "token_invalid"),
        (f"Bearer {token(iss='https://login.example/other/v2.0')}", "token_invalid"),
        (f"Bearer {token(aud='api://other')}", "token_invalid"),
        (f"Bearer {token(tid='99999999-9999-4999-8999-999999999999')}", "token_invalid"),
        (f"Bearer {token(exp=int(time.time()) - 3600)}", "token_invalid"),
        (f"Bearer {token(nbf=int(time.time()) + 7200, exp=int(time.time()) + 9000)}", "token_invalid"),
        (f"Bearer {token(scp='profile')}", "token_invalid"),
        (f"Bearer {token(scp=None)}", "token_invalid"),
        (f"Bearer {token(oid=None)}", "token_invalid"),
        (f"Bearer {token(exp=None)}", "token_invalid"),
    ],
)
def test_anything_else_is_refused(authorization: str | None, code: str) -> None:
    with pytest.raises(Problem) as refusal:
        validator().caller(authorization)
    assert (refusal.value.status, refusal.value.code) == (401, code)


def test_a_small_difference_of_clocks_is_tolerated() -> None:
    assert validator().caller(f"Bearer {token(exp=int(time.time()) - 30)}")


def test_an_identity_platform_that_cannot_be_reached_is_not_the_callers_fault() -> None:
    def unreachable(_: str) -> Any:
        raise jwt.PyJWKClientConnectionError("no route")

    with pytest.raises(Problem) as refusal:
        validator(unreachable).caller(f"Bearer {token()}")
    assert (refusal.value.status, refusal.value.retry_after) == (503, 5)


def test_every_http_function_but_health_has_its_roles_in_the_table() -> None:
    http = {function.get_function_name() for function in build_app().get_functions() if function.is_http_function()}
    assert http - {"health"} == set(ALLOWED_ROLES)


@pytest.mark.parametrize("function_name", sorted(ALLOWED_ROLES))
@pytest.mark.parametrize("role", [*sorted(ROLES), "Other.Role", None])
def test_a_role_reaches_what_the_table_says_and_nothing_else(function_name: str, role: str | None) -> None:
    caller = Caller(PERSON, frozenset({role} if role else ()))  # type: ignore[arg-type]
    if role in ALLOWED_ROLES[function_name]:
        require_role(caller, function_name)
    else:
        with pytest.raises(Problem) as refusal:
            require_role(caller, function_name)
        assert (refusal.value.status, refusal.value.code) == (403, "role_missing")


def test_a_reader_may_not_push() -> None:
    assert "PsaSync.Reader" not in ALLOWED_ROLES["push"] | ALLOWED_ROLES["push_preview"]
