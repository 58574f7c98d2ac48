"""The token endpoint: every grant, its claims and its errors."""

import base64
import json
from typing import Any

import jwt
import pytest

from emulators.entra.directory import (
    API_CLIENT_ID,
    API_SCOPE,
    APP_ROLES,
    CLIENT_SECRET,
    IDENTITY_APPLICATION_ID,
    TENANT_ID,
    object_id,
)
from emulators.entra.grants import ON_BEHALF_OF
from tests.emulator.entra.conftest import EntraClient

pytestmark = pytest.mark.emulator
DATAVERSE = "https://org.crm.dynamics.com"


@pytest.mark.parametrize(
    ("name", "number", "role"),
    [("admin", 1, "PsaSync.Admin"), ("billing", 2, "PsaSync.Billing"), ("reader", 3, "PsaSync.Reader")],
)
def test_the_password_grant_gives_each_test_user_a_token_with_one_role(
    entra: EntraClient, name: str, number: int, role: str
) -> None:
    answer = entra.password(name)
    assert answer.status_code == 200
    document = answer.json()
    assert (document["token_type"], document["expires_in"], document["scope"]) == ("Bearer", 3600, API_SCOPE)
    assert "refresh_token" not in document
    claims = entra.claims(document["access_token"])
    assert claims["roles"] == [role]
    assert (claims["scp"], claims["ver"], claims["tid"]) == ("access_as_user", "2.0", TENANT_ID)
    assert (claims["oid"], claims["preferred_username"]) == (object_id(number), f"{name}@contoso.example")
    assert claims["name"]
    assert claims["azp"] == API_CLIENT_ID
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"password": "wrong"}, 400, "invalid_grant", 50126),
        ({"username": "nobody@contoso.example"}, 400, "invalid_grant", 50126),
        ({"username": ""}, 400, "invalid_request", 900144),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 400, "unauthorized_client", 700016),
        ({"client_id": IDENTITY_APPLICATION_ID}, 401, "invalid_client", 7000218),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "device_code"}, 400, "unsupported_grant_type", 70003),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"scope": f"api://{API_CLIENT_ID}/other"}, 400, "invalid_scope", 70011),
        ({"scope": "User.Read"}, 400, "invalid_scope", 70011),
        ({"scope": "api://unknown/x"}, 400, "invalid_resource", 500011),
        ({"scope": f"{API_SCOPE} {DATAVERSE}/.default"}, 400, "invalid_request", 28000),
    ],
)
def test_what_is_refused_has_the_oauth_error_and_the_aadsts_code(
    entra: EntraClient, changes: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = entra.password(**changes)
    document = answer.json()
    assert (answer.status_code, document["error"], document["error_codes"]) == (status, error, [code])
    assert document["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= document.keys()


def test_another_tenant_is_unknown(entra: EntraClient) -> None:
    other = "99999999-9999-4999-8999-999999999999"
    answer = entra.session.post(f"{entra.url}/{other}/oauth2/v2.0/token", data={"grant_type": "x"}, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_tenant")


def test_openid_scopes_bring_id_token_refresh_token_and_client_info(entra: EntraClient) -> None:
    document = entra.password(scope=f"{API_SCOPE} openid profile offline_access", client_info="1").json()
    claims = entra.claims(document["id_token"])
    assert (claims["preferred_username"], claims["roles"]) == ("admin@contoso.example", ["PsaSync.Admin"])
    info = json.loads(base64.urlsafe_b64decode(document["client_info"] + "=="))
    assert info == {"uid": object_id(1), "utid": TENANT_ID}
    refreshed = entra.token(
        grant_type="refresh_token",
        client_id=API_CLIENT_ID,
        refresh_token=document["refresh_token"],
        scope=f"{DATAVERSE}/.default",
    ).json()
    assert refreshed["refresh_token"] != document["refresh_token"]
    claims = entra.claims(refreshed["access_token"], DATAVERSE)
    assert (claims["scp"], claims["oid"], "roles" in claims) == ("user_impersonation", object_id(1), False)


def test_a_refresh_token_ends_after_90_days_and_serves_its_client_only(entra: EntraClient) -> None:
    form = {"grant_type": "refresh_token", "client_id": API_CLIENT_ID, "scope": API_SCOPE}
    token = entra.password(scope=f"{API_SCOPE} offline_access").json()["refresh_token"]
    other = {"client_id": IDENTITY_APPLICATION_ID, "client_secret": CLIENT_SECRET}
    assert entra.token(**(form | other), refresh_token=token).json()["error_codes"] == [700005]
    assert entra.token(**form, refresh_token="rubbish").json()["error_codes"] == [9002313]
    entra.control("POST", "clock", {"advance_seconds": 91 * 86400})
    assert entra.token(**form, refresh_token=token).json()["error_codes"] == [700082]


def test_times_follow_the_virtual_clock(entra: EntraClient) -> None:
    entra.control("POST", "clock", {"now": "2020-01-01T00:00:00Z"})
    token = entra.password().json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - 1577836800 in range(3600, 3620)
    with pytest.raises(jwt.ExpiredSignatureError):
        entra.claims(token)


def test_client_credentials_with_secret_in_form_or_header(entra: EntraClient) -> None:
    form = {"grant_type": "client_credentials", "scope": f"{DATAVERSE}/.default"}
    posted = entra.token(**form, client_id=IDENTITY_APPLICATION_ID, client_secret=CLIENT_SECRET).json()
    assert "refresh_token" not in posted
    claims = entra.claims(posted["access_token"], DATAVERSE)
    assert (claims["oid"], claims["azp"], claims["appid"]) == (
        object_id(9),
        IDENTITY_APPLICATION_ID,
        IDENTITY_APPLICATION_ID,
    )
    assert (claims["idtyp"], "scp" in claims) == ("app", False)
    header = entra.session.post(
        f"{entra.tenant}/oauth2/v2.0/token",
        data=form,
        auth=(IDENTITY_APPLICATION_ID, CLIENT_SECRET),
        timeout=10,
    )
    assert header.status_code == 200
    wrong = entra.token(**(form | {"scope": API_SCOPE}), client_id=API_CLIENT_ID, client_secret=CLIENT_SECRET)
    assert wrong.json()["error_codes"] == [1002012]
    without = entra.token(**form, client_id=API_CLIENT_ID)
    assert (without.status_code, without.json()["error_codes"]) == (401, [7000218])


def test_an_application_gets_the_roles_that_it_was_granted(entra: EntraClient) -> None:
    robot = {"appId": "aaaaaaaa-0000-4000-8000-000000000001", "id": "aaaaaaaa-0000-4000-8000-000000000002"}
    entra.control("POST", "seed", {"applications": [{**robot, "secrets": ["s"], "roles": ["PsaSync.Admin", "Other"]}]})
    form = {"grant_type": "client_credentials", "scope": f"api://{API_CLIENT_ID}/.default"}
    token = entra.token(**form, client_id=robot["appId"], client_secret="s").json()["access_token"]
    assert entra.claims(token)["roles"] == ["PsaSync.Admin"]


def on_behalf_of(entra: EntraClient, assertion: str, **changes: str) -> dict[str, Any]:
    form = {
        "grant_type": ON_BEHALF_OF,
        "client_id": API_CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "requested_token_use": "on_behalf_of",
        "assertion": assertion,
        "scope": f"{DATAVERSE}/user_impersonation",
    }
    document: dict[str, Any] = entra.token(**(form | changes)).json()
    return document


def test_on_behalf_of_gives_the_users_own_token_for_another_service(entra: EntraClient) -> None:
    document = on_behalf_of(entra, entra.password("billing").json()["access_token"])
    claims = entra.claims(document["access_token"], DATAVERSE)
    assert (claims["oid"], claims["scp"], claims["azp"]) == (object_id(2), "user_impersonation", API_CLIENT_ID)


def test_on_behalf_of_refuses_every_other_assertion(entra: EntraClient) -> None:
    def ordered(**order: Any) -> str:
        return str(entra.control("POST", "tokens", order).json()["access_token"])

    application = entra.token(
        grant_type="client_credentials",
        client_id=API_CLIENT_ID,
        client_secret=CLIENT_SECRET,
        scope=f"{API_CLIENT_ID}/.default",
    ).json()["access_token"]
    refusals = {
        "rubbish": 50013,
        ordered(signed_by="unknown"): 50013,
        ordered(signed_by="none"): 50013,
        ordered(claims={"aud": "other"}): 500131,
        ordered(expires_in=-5): 500133,
        application: 7000114,
        ordered(claims={"oid": object_id(99)}): 50034,
    }
    for assertion, code in refusals.items():
        assert on_behalf_of(entra, assertion)["error_codes"] == [code]
    assert on_behalf_of(entra, ordered(), client_secret="wrong")["error_codes"] == [7000215]
    assert on_behalf_of(entra, ordered(), requested_token_use="x")["error"] == "invalid_request"


def test_consent_and_claims_challenges_can_be_seeded(entra: EntraClient) -> None:
    user = {"id": object_id(20), "userPrincipalName": "new@contoso.example", "roles": list(APP_ROLES)}
    entra.control("POST", "seed", {"users": [user | {"onBehalfOf": "consent_required"}]})
    refused = on_behalf_of(entra, entra.password("new").json()["access_token"])
    assert (refused["error"], refused["suberror"]) == ("invalid_grant", "consent_required")
    entra.control("POST", "seed", {"users": [user | {"onBehalfOf": "mfa_required"}]})
    refused = on_behalf_of(entra, entra.password("new").json()["access_token"])
    assert refused["error"] == "interaction_required"
    assert "access_token" in json.loads(refused["claims"])


def test_a_disabled_user_gets_no_token(entra: EntraClient) -> None:
    user = {"id": object_id(21), "userPrincipalName": "gone@contoso.example", "accountEnabled": False}
    entra.control("POST", "seed", {"users": [user]})
    assert entra.password("gone").json()["error_codes"] == [50057]


def test_the_managed_identity_endpoint_wants_its_header(entra: EntraClient) -> None:
    path = f"/msi/token?api-version=2019-08-01&resource={DATAVERSE}/"
    assert entra.get(path).status_code == 401
    assert entra.get(path, headers={"X-IDENTITY-HEADER": "wrong"}).status_code == 401
    header = {"X-IDENTITY-HEADER": "emulator-identity-header"}
    document = entra.get(path, headers=header).json()
    assert (document["resource"], document["token_type"]) == (f"{DATAVERSE}/", "Bearer")
    claims = entra.claims(document["access_token"], f"{DATAVERSE}/")
    assert (claims["oid"], claims["appid"]) == (object_id(9), IDENTITY_APPLICATION_ID)
    assert claims["exp"] - claims["iat"] == 86400
    assert document["expires_on"] == str(claims["exp"])
    assert entra.get(f"/msi/token?resource={DATAVERSE}", headers=header).status_code == 400
    assert entra.get("/msi/token?api-version=2019-08-01", headers=header).status_code == 400
    assert entra.get("/msi/token?api-version=2019-08-01&resource=api://x", headers=header).status_code == 400
    assert entra.get(f"{path}&client_id=other", headers=header).status_code == 400


def test_storage_still_gets_tokens_of_version_1(entra: EntraClient) -> None:
    header = {"X-IDENTITY-HEADER": "emulator-identity-header"}
    path = "/msi/token?api-version=2019-08-01&resource=https://storage.azure.com"
    token = entra.get(path, headers=header).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["ver"]) == (f"https://sts.windows.net/{TENANT_ID}/", "1.0")
