"""Every route of the app x every role x every way in which a token can be wrong, through the functions as indexed."""

import json
import time
from collections.abc import Callable

import azure.functions as func
import jwt
import pytest

from tests.unit.triggers import door
from tests.unit.triggers.door import API, AUTHORITY, OTHER_KEY, OTHER_TENANT, PERSON, TENANT, Door, claims_of, signed
from triggers import http
from triggers.access import ALLOWED_ROLES
from triggers.identity import ROLES
from triggers.problems import Problem

pytestmark = pytest.mark.unit

PUBLIC_ROUTES = {"health"}

WRONG: dict[str, tuple[Callable[[str], str | None], str]] = {
    "no token": (lambda role: None, "token_missing"),
    "basic": (lambda role: "Basic YTpi", "token_missing"),
    "rubbish": (lambda role: "Bearer a.b.c", "token_invalid"),
    "wrong audience": (lambda role: signed(role, aud=PERSON), "token_invalid"),
    "audience among others": (lambda role: signed(role, aud=[API, PERSON]), "token_invalid"),
    "wrong tenant": (lambda role: signed(role, tid=OTHER_TENANT), "token_invalid"),
    "wrong issuer": (lambda role: signed(role, iss=f"{AUTHORITY}/{OTHER_TENANT}/v2.0"), "token_invalid"),
    "version 1": (lambda role: signed(role, iss=f"https://sts.windows.net/{TENANT}/"), "token_invalid"),
    "expired": (lambda role: signed(role, exp=int(time.time()) - 3_600), "token_invalid"),
    "not yet valid": (lambda role: signed(role, nbf=int(time.time()) + 7_200), "token_invalid"),
    "without end": (lambda role: signed(role, exp=None), "token_invalid"),
    "other key": (lambda role: signed(role, key=OTHER_KEY), "token_invalid"),
    "unknown key id": (lambda role: signed(role, key=OTHER_KEY, kid="other"), "token_invalid"),
    "alg none": (lambda role: "Bearer " + jwt.encode(claims_of(role), "", "none", {"kid": "k"}), "token_invalid"),
    "public key as secret": (door.by_public_key_as_secret, "token_invalid"),
    "scope missing": (lambda role: signed(role, scp=None), "token_invalid"),
    "other scope": (lambda role: signed(role, scp="access_as_user2 user_impersonation"), "token_invalid"),
    "an application's token": (lambda role: signed(role, scp=None, idtyp="app"), "token_invalid"),
    "signature cut": (lambda role: signed(role)[:-8], "token_invalid"),
}
"""What is wrong with the token, and the code of the refusal."""


class Reached(Problem):
    """The request got past the door."""

    def __init__(self) -> None:
        super().__init__(418, "reached", "")


class ClosedBehind(Door):
    """Stops every request that got past the door."""

    def sign_in_for_caller(self) -> None:
        raise Reached


def routes() -> list[str]:
    return sorted(set(door.functions()) - PUBLIC_ROUTES)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the door in front of every function; those that read act for the caller too, so that they are stopped."""
    made = ClosedBehind()
    monkeypatch.setattr(http, "composition", lambda: made)
    monkeypatch.setattr(http, "_READING", frozenset())


def call(name: str, authorization: str | None, **headers: str) -> tuple[int, str, func.HttpResponse]:
    given = headers | ({"Authorization": authorization} if authorization is not None else {})
    answer = door.request(name, headers=given)
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
    assert call(route, signed(role))[:2] == expected


@pytest.mark.parametrize("route", routes())
def test_a_valid_token_without_any_role_opens_nothing(route: str) -> None:
    assert call(route, signed("x", roles=None))[:2] == (403, "role_missing")


@pytest.mark.parametrize("route", routes())
def test_headers_that_a_gateway_would_set_are_never_trusted(route: str) -> None:
    principal = "eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W3sidHlwIjoicm9sZXMiLCJ2YWwiOiJQc2FTeW5jLkFkbWluIn1dfQ=="
    forged = {
        "X-MS-CLIENT-PRINCIPAL": principal,
        "X-MS-CLIENT-PRINCIPAL-ID": PERSON,
        "X-MS-CLIENT-PRINCIPAL-NAME": "admin@contoso.example",
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN": signed("PsaSync.Admin").removeprefix("Bearer "),
        "CallerObjectId": PERSON,
    }
    assert call(route, None, **forged)[:2] == (401, "token_missing")
    assert call(route, signed("Other"), **forged)[:2] == (403, "role_missing")


def test_the_only_routes_without_a_caller_are_known() -> None:
    assert set(door.functions()) - set(ALLOWED_ROLES) == PUBLIC_ROUTES


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_minute_of_difference_between_clocks_does_no_harm(seconds: int) -> None:
    now = int(time.time())
    times = {"exp": now + seconds} if seconds < 0 else {"nbf": now + seconds}
    assert call("job", signed("PsaSync.Admin", **times))[:2] == (418, "reached")
