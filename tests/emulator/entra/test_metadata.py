"""Metadata, keys and their rotation, cross-origin rules, seeds, faults, what is not emulated, and restarts."""

from pathlib import Path
from typing import Any

import jwt
import pytest

from emulators.entra.directory import API_CLIENT_ID, TENANT_ID, object_id
from emulators.entra.routes import ROUTES, coverage
from emulators.stack.part import python_part
from tests.emulator.entra.conftest import EntraClient

pytestmark = pytest.mark.emulator
CONFIGURATION = "/v2.0/.well-known/openid-configuration"


def test_the_configuration_names_endpoints_that_exist(entra: EntraClient) -> None:
    for tenant in (TENANT_ID, "common", "organizations"):
        document = entra.get(f"/{tenant}{CONFIGURATION}").json()
        assert document["issuer"] == f"{entra.tenant}/v2.0"
        for name in ("jwks_uri", "token_endpoint", "authorization_endpoint", "end_session_endpoint"):
            answer = entra.session.options(document[name], timeout=10)
            assert answer.status_code in (204, 405), name
    assert entra.get(f"/unknown{CONFIGURATION}").json()["error"] == "invalid_tenant"
    found = entra.get("/common/discovery/instance?api-version=1.1").json()
    assert found["tenant_discovery_endpoint"] == f"{entra.tenant}{CONFIGURATION}"


def test_a_rotated_key_signs_and_the_old_one_stays_until_it_is_dropped(entra: EntraClient) -> None:
    before = entra.password().json()["access_token"]
    kid = entra.control("POST", "keys/rotate").json()["kid"]
    after = entra.password().json()["access_token"]
    assert jwt.get_unverified_header(after)["kid"] == kid != jwt.get_unverified_header(before)["kid"]
    assert entra.claims(before)["oid"] == entra.claims(after)["oid"]
    entra.control("POST", "keys/rotate", {"keep_old": False})
    keys = entra.get(f"/{TENANT_ID}/discovery/v2.0/keys").json()["keys"]
    assert len(keys) == 1
    with pytest.raises(KeyError):
        entra.claims(after)


def test_pages_of_other_origins_may_read_metadata_and_tokens(entra: EntraClient) -> None:
    token = f"{entra.tenant}/oauth2/v2.0/token"
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Headers": "x-client-sku"}
    preflight = entra.session.options(token, headers=asked, timeout=10)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "x-client-sku"
    for answer in (
        preflight,
        entra.password(),
        entra.password(password="wrong"),
        entra.get(f"/{TENANT_ID}{CONFIGURATION}"),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in entra.get("/msi/token").headers


def test_what_is_not_emulated_says_so(entra: EntraClient) -> None:
    answer = entra.get(f"/{TENANT_ID}/oauth2/v2.0/devicecode")
    assert (answer.status_code, answer.json()["error"][:12]) == (501, "not emulated")
    assert entra.get(f"/{TENANT_ID}/oauth2/v2.0/token").status_code == 405


def test_coverage_lists_every_route() -> None:
    assert {(template, method) for method, template, _ in coverage()} == {
        (route.template, method) for route in ROUTES for method in route.methods
    }


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"groups": []}, "groups: unknown member"),
        ({"users": {}}, "users: a list is expected"),
        ({"users": ["x"]}, "users[0]: an object is expected"),
        ({"users": [{"id": "1"}]}, "users[0].userPrincipalName: missing"),
        ({"users": [{"id": "1", "userPrincipalName": "a", "age": 5}]}, "users[0].age: unknown member"),
        ({"users": [{"id": "1", "userPrincipalName": "a", "roles": "x"}]}, "users[0].roles: a list of texts"),
        ({"users": [{"id": "1", "userPrincipalName": "a", "accountEnabled": 1}]}, "users[0].accountEnabled: true"),
        ({"users": [{"id": "1", "userPrincipalName": "a", "onBehalfOf": "x"}]}, "users[0].onBehalfOf: must be one of"),
        ({"applications": [{"appId": "1"}]}, "applications[0].id: missing"),
        ({"applications": [{"appId": "1", "id": "2", "certificates": ["x"]}]}, "applications[0].certificates[0]: a"),
    ],
)
def test_a_bad_seed_is_refused_with_the_path_of_the_fault(
    entra: EntraClient, document: dict[str, Any], sentence: str
) -> None:
    answer = entra.control("POST", "seed", document)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_reset_forgets_what_was_seeded_and_state_shows_what_is_there(entra: EntraClient) -> None:
    user = {"id": object_id(30), "userPrincipalName": "seeded@contoso.example", "password": "own"}
    assert entra.control("POST", "seed", {"users": [user]}).json() == {"counts": {"users": 1, "applications": 0}}
    assert entra.password("seeded", password="own").status_code == 200
    assert len(entra.control("GET", "state").json()["users"]) == 4
    entra.control("POST", "reset")
    state = entra.control("GET", "state").json()
    assert [found["userPrincipalName"] for found in state["users"]] == [
        "admin@contoso.example",
        "billing@contoso.example",
        "reader@contoso.example",
    ]
    assert entra.password("seeded", password="own").status_code == 400


def test_faults_speak_as_entra_does(entra: EntraClient) -> None:
    entra.control("POST", "faults", {"kind": "rate_limit", "retry_after": 3, "times": 1})
    answer = entra.password()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["error"] == "temporarily_unavailable"
    entra.control("POST", "faults", {"kind": "html", "status": 502, "times": 1})
    answer = entra.password()
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    counts = entra.control("GET", "requests").json()["counts"]
    assert counts["POST /{tenant}/oauth2/v2.0/token"] >= 2


def test_ordered_tokens_refuse_what_they_do_not_know(entra: EntraClient) -> None:
    for order, sentence in (
        ({"user": "nobody"}, "user: no such"),
        ({"claims": []}, "claims: an object"),
        ({"signed_by": "me"}, "signed_by: must be"),
        ({"x": 1}, "x: unknown member"),
    ):
        answer = entra.control("POST", "tokens", order)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(sentence)
    token = entra.control("POST", "tokens", {"user": "reader@contoso.example", "claims": {"roles": None}}).json()
    assert "roles" not in entra.claims(token["access_token"])


def test_keys_and_seeded_rows_survive_a_restart_with_data(tmp_path: Path) -> None:
    user = {"id": object_id(31), "userPrincipalName": "kept@contoso.example"}
    with python_part("entra", "entra", "--data", str(tmp_path)) as part:
        first = EntraClient(part.ready()["url"])
        first.control("POST", "seed", {"users": [user]})
        token = first.password("kept").json()["access_token"]
        keys = first.get(f"/{TENANT_ID}/discovery/v2.0/keys").json()
    with python_part("entra", "entra", "--data", str(tmp_path)) as part:
        second = EntraClient(part.ready()["url"])
        assert second.get(f"/{TENANT_ID}/discovery/v2.0/keys").json() == keys
        assert second.password("kept").status_code == 200
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == API_CLIENT_ID
