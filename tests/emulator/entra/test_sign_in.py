"""Authorization code with PKCE through the page: picking a user, silent sign-in, what is refused."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from emulators.entra.directory import API_CLIENT_ID, API_SCOPE, CLIENT_SECRET, object_id
from tests.emulator.entra.conftest import EntraClient

pytestmark = pytest.mark.emulator
REDIRECT = "http://localhost:5173/auth.html"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def request(**changes: str) -> dict[str, str]:
    parameters = {
        "client_id": API_CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": f"{API_SCOPE} openid profile offline_access",
        "state": "st&te",
        "nonce": "n0nce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "client_info": "1",
    }
    return parameters | changes


def shown(entra: EntraClient, **changes: str) -> requests.Response:
    return entra.get(f"{urlsplit(entra.tenant).path}/oauth2/v2.0/authorize", params=request(**changes))


def picked(entra: EntraClient, number: int, **changes: str) -> requests.Response:
    """Press a user's button on the page, as a browser would send its form."""
    page = shown(entra, **changes)
    assert page.status_code == 200
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    form = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    return entra.session.post(page.url, data=form | {"picked": object_id(number)}, timeout=10, allow_redirects=False)


def redeemed(entra: EntraClient, code: str, **changes: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": API_CLIENT_ID,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "scope": f"{API_SCOPE} openid profile offline_access",
        "client_info": "1",
    }
    document: dict[str, Any] = entra.token(**(form | changes)).json()
    return document


def members(answer: requests.Response, part: str = "query") -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(getattr(urlsplit(answer.headers["location"]), part)).items()}


def test_the_page_lists_the_users_and_a_pick_leads_to_tokens(entra: EntraClient) -> None:
    page = shown(entra)
    for name in ("Ada Admin", "Bill Billing", "Rita Reader"):
        assert name in page.text
    back = members(picked(entra, 2))
    assert back["state"] == "st&te"
    document = redeemed(entra, back["code"])
    assert entra.claims(document["access_token"])["roles"] == ["PsaSync.Billing"]
    assert entra.claims(document["id_token"])["nonce"] == "n0nce"
    assert document["refresh_token"]
    assert document["client_info"] == back["client_info"]


def test_a_code_serves_once_for_ten_minutes_and_only_its_verifier_client_and_address(entra: EntraClient) -> None:
    def code() -> str:
        return members(picked(entra, 1, prompt="select_account"))["code"]

    used = code()
    assert "access_token" in redeemed(entra, used)
    assert redeemed(entra, used)["error_codes"] == [54005]
    assert redeemed(entra, code(), code_verifier="w" * 43)["error_codes"] == [501481]
    assert redeemed(entra, code(), code_verifier="")["error_codes"] == [50148]
    assert redeemed(entra, code(), redirect_uri="http://localhost/other")["error_codes"] == [50011]
    assert redeemed(entra, code(), client_secret="wrong")["error_codes"] == [7000215]
    assert "access_token" in redeemed(entra, code(), client_secret=CLIENT_SECRET)
    late = code()
    entra.control("POST", "clock", {"advance_seconds": 601})
    assert redeemed(entra, late)["error_codes"] == [70008]


def test_a_silent_request_needs_a_session_of_the_hinted_user(entra: EntraClient) -> None:
    assert members(shown(entra, prompt="none"))["error"] == "login_required"
    picked(entra, 3)
    assert "code" in members(shown(entra, prompt="none", response_mode="fragment"), "fragment")
    assert "code" in members(shown(entra, prompt="none", login_hint="READER@contoso.example"))
    assert members(shown(entra, prompt="none", login_hint="admin@contoso.example"))["error"] == "login_required"
    assert "code" in members(shown(entra))
    assert shown(entra, prompt="login").status_code == 200
    out = entra.get(f"{urlsplit(entra.tenant).path}/oauth2/v2.0/logout?post_logout_redirect_uri={REDIRECT}")
    assert out.headers["location"] == REDIRECT
    assert members(shown(entra, prompt="none"))["error"] == "login_required"
    elsewhere = entra.get(
        f"{urlsplit(entra.tenant).path}/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.test"
    )
    assert elsewhere.status_code == 200


def test_hidden_frames_of_other_sites_see_the_session_over_https(entra: EntraClient, secure_entra: EntraClient) -> None:
    assert picked(secure_entra, 1).headers["set-cookie"].endswith("; SameSite=None; Secure")
    # without https a browser would throw such a cookie away
    assert picked(entra, 1).headers["set-cookie"].endswith("; SameSite=Lax")


def test_cancel_goes_back_with_access_denied(entra: EntraClient) -> None:
    assert members(picked(entra, 99))["error"] == "access_denied"


def test_form_post_answers_with_a_form_that_sends_itself(entra: EntraClient) -> None:
    answer = picked(entra, 1, response_mode="form_post")
    assert answer.status_code == 200
    assert f'action="{REDIRECT}"' in answer.text
    assert 'name="state" value="st&amp;te"' in answer.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.test/"}, 50011),
        ({"client_id": "nobody"}, 700016),
        ({"client_id": ""}, 900144),
        ({"response_type": "token"}, 70007),
        ({"response_mode": "carrier pigeon"}, 70007),
        ({"code_challenge_method": "md5"}, 501491),
        ({"scope": "api://unknown/x"}, 500011),
    ],
)
def test_a_request_that_cannot_be_trusted_ends_on_a_page_and_redirects_nowhere(
    entra: EntraClient, changes: dict[str, str], code: int
) -> None:
    answer = shown(entra, **changes)
    assert answer.status_code == 400
    assert f"AADSTS{code}" in answer.text
    assert "location" not in answer.headers


def test_the_page_escapes_what_it_shows(entra: EntraClient) -> None:
    user = {"id": object_id(40), "userPrincipalName": "x@y.example", "displayName": "<script>alert(1)</script>"}
    entra.control("POST", "seed", {"users": [user]})
    assert "<script>alert" not in shown(entra, state='"><script>alert(2)</script>').text


def test_other_redirect_addresses_must_be_registered(entra: EntraClient) -> None:
    application = {"appId": "page", "id": "sp", "redirectUris": ["https://page.test/auth"], "isPublicClient": True}
    entra.control("POST", "seed", {"applications": [application]})
    answer = shown(entra, client_id="page", redirect_uri="https://page.test/auth", scope=API_SCOPE)
    assert answer.status_code == 200
