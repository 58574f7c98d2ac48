"""The app validates the caller's token itself: signature, issuer, audience, tenant, times, scope, algorithm."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from transport.redaction import Secret
from triggers.access import ALLOWED_ROLES, require_role
from triggers.app import build_app
from triggers.identity import LONGEST_TOKEN, ROLES, Caller, TokenValidator
from triggers.problems import Problem
from triggers.signing_keys import SigningKeys

pytestmark = pytest.mark.unit

TENANT = "11111111-1111-4111-8111-111111111111"
API = "22222222-2222-4222-8222-222222222222"
PERSON = "33333333-3333-4333-8333-000000000002"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KID = "kid-of-the-tenant"
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def validator(fetch: Callable[[], bytes | None] = lambda: key_set(KEY)) -> TokenValidator:
    """Return a validator that knows one published key and opens no connection."""
    return TokenValidator(
        authority="https://login.example/", tenant_id=TENANT, api_client_id=API, keys=SigningKeys(fetch)
    )


def key_set(*keys: rsa.RSAPrivateKey) -> bytes:
    """Return a published key set; every key but the first is called `kid-<number>`."""
    published = [
        {
            **json.loads(RSAAlgorithm.to_jwk(key.public_key())),
            "kid": KID if not number else f"kid-{number}",
            "use": "sig",
        }
        for number, key in enumerate(keys)
    ]
    return json.dumps({"keys": published}).encode()


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
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": KID})


def test_a_valid_token_names_the_person_and_the_roles() -> None:
    caller = validator().caller(f"Bearer {token()}")
    assert caller == Caller(PERSON, frozenset({"PsaSync.Billing"}), Secret(""))  # type: ignore[arg-type]


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
    with pytest.raises(Problem) as refusal:
        validator(lambda: None).caller(f"Bearer {token()}")
    assert (refusal.value.status, refusal.value.retry_after) == (503, 5)


@pytest.mark.parametrize(
    "object_id", ["", "x", f"{PERSON}\r\nX-Evil: 1", [PERSON], PERSON[:-1], f"{PERSON}0", f"{PERSON}\n"]
)
def test_an_object_id_that_could_not_go_into_a_header_is_refused(object_id: Any) -> None:
    with pytest.raises(Problem) as refusal:
        validator().caller(f"Bearer {token(oid=object_id)}")
    assert refusal.value.code == "token_invalid"


@pytest.mark.parametrize("roles", ["PsaSync.Admin", {"PsaSync.Admin": 1}, 7])
def test_roles_that_are_no_list_are_none(roles: Any) -> None:
    assert validator().caller(f"Bearer {token(roles=roles)}").roles == frozenset()


def test_a_token_of_unreasonable_length_is_refused_unread() -> None:
    with pytest.raises(Problem) as refusal:
        validator(lambda: pytest.fail("a key was looked for")).caller(f"Bearer {token(filler='x' * LONGEST_TOKEN)}")
    assert refusal.value.code == "token_invalid"


def test_a_caller_does_not_show_the_token() -> None:
    text = token()
    assert text not in repr(validator().caller(f"Bearer {text}"))


def test_every_http_function_but_health_has_its_roles_in_the_table() -> None:
    http = {function.get_function_name() for function in build_app().get_functions() if function.is_http_function()}
    assert http - {"health"} == set(ALLOWED_ROLES)


@pytest.mark.parametrize("function_name", sorted(ALLOWED_ROLES))
@pytest.mark.parametrize("role", [*sorted(ROLES), "Other.Role", None])
def test_a_role_reaches_what_the_table_says_and_nothing_else(function_name: str, role: str | None) -> None:
    caller = Caller(PERSON, frozenset({role} if role else ()), Secret(""))  # type: ignore[arg-type]
    if role in ALLOWED_ROLES[function_name]:
        require_role(caller, function_name)
    else:
        with pytest.raises(Problem) as refusal:
            require_role(caller, function_name)
        assert (refusal.value.status, refusal.value.code) == (403, "role_missing")


def test_a_reader_may_not_push() -> None:
    assert "PsaSync.Reader" not in ALLOWED_ROLES["push"] | ALLOWED_ROLES["push_preview"]
