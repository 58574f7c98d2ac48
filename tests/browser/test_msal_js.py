"""MSAL.js 5, unmodified and in a real browser, obtains tokens from the Entra emulator (dataverse.md 15)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, expect

from emulators.entra.directory import API_CLIENT_ID, API_SCOPE, API_SCOPE_NAME, TENANT_ID, object_id
from tests.emulator.entra.conftest import EntraClient

AUTHORIZE = "GET /{tenant}/oauth2/v2.0/authorize"
TOKEN = "POST /{tenant}/oauth2/v2.0/token"
ADA, BILL, RITA = "Ada Admin", "Bill Billing", "Rita Reader"


def outcome(page: Page) -> dict[str, Any]:
    """Wait for what came of the last click."""
    expect(page.locator("#outcome")).not_to_be_empty()
    document: dict[str, Any] = json.loads(page.locator("#outcome").inner_text())
    return document


def clicked(page: Page, button: str) -> dict[str, Any]:
    outcome(page)
    page.get_by_role("button", name=button, exact=True).click()
    return outcome(page)


def by_popup(page: Page, person: str) -> dict[str, Any]:
    """Sign in with a click, pick a person in the window that opens, and return what the page got."""
    outcome(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in", exact=True).click()
    opened.value.get_by_role("button", name=person).click()
    return outcome(page)


def claims(entra: EntraClient, token: str, audience: str = API_CLIENT_ID) -> dict[str, Any]:
    """Return the claims of a token that the emulator signed for an audience, at whatever time."""
    keys = jwt.PyJWKSet.from_dict(entra.get(f"/{TENANT_ID}/discovery/v2.0/keys").json())
    found: dict[str, Any] = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        audience=audience,
        issuer=f"{entra.tenant}/v2.0",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    return found


def requested(entra: EntraClient) -> dict[str, int]:
    """Return how often the emulator was asked, by route, and forget it."""
    counts: dict[str, int] = entra.control("GET", "requests").json()["counts"]
    entra.control("DELETE", "requests")
    return counts


def advance(entra: EntraClient, page: Page, span: timedelta) -> None:
    """Let time pass for the emulator and for the browser alike."""
    entra.control("POST", "clock", {"advance_seconds": int(span.total_seconds())})
    page.clock.set_fixed_time(datetime.now(UTC) + span)


@pytest.mark.parametrize(
    ("person", "number", "role"),
    [(ADA, 1, "PsaSync.Admin"), (BILL, 2, "PsaSync.Billing"), (RITA, 3, "PsaSync.Reader")],
)
def test_a_popup_with_code_and_pkce_gets_a_token_of_whoever_is_picked(
    page: Page, entra: EntraClient, person: str, number: int, role: str
) -> None:
    result = by_popup(page, person)

    token = claims(entra, result["accessToken"])
    assert (token["oid"], token["tid"], token["scp"]) == (object_id(number), TENANT_ID, API_SCOPE_NAME)
    assert token["roles"] == [role]
    assert (token["azp"], token["azpacr"]) == (API_CLIENT_ID, "0")
    assert (result["fromCache"], result["tokenType"]) == (False, "Bearer")
    assert API_SCOPE in result["scopes"]
    assert claims(entra, result["idToken"])["nonce"]
    assert requested(entra)[TOKEN] == 1


def test_the_authorization_request_asks_for_a_code_with_pkce(page: Page, entra: EntraClient) -> None:
    by_popup(page, ADA)

    sent = entra.control("GET", "requests").json()["requests"]
    (query,) = [one["query"] for one in sent if one["path"].endswith("/authorize") and one["method"] == "GET"]
    assert "response_type=code" in query
    assert "code_challenge_method=S256" in query


def test_a_redirect_comes_back_with_a_token(page: Page, entra: EntraClient, site: str) -> None:
    outcome(page)
    page.get_by_role("button", name="Sign in by redirect").click()
    page.get_by_role("button", name=BILL).click()
    page.wait_for_url(f"{site}/**")

    assert claims(entra, outcome(page)["accessToken"])["oid"] == object_id(2)


def test_a_second_call_is_answered_from_the_cache_without_a_request(page: Page, entra: EntraClient) -> None:
    first = by_popup(page, ADA)
    requested(entra)

    again = clicked(page, "Call the API")

    assert (again["fromCache"], again["accessToken"]) == (True, first["accessToken"])
    assert requested(entra) == {}


def test_an_expired_token_is_renewed_silently_with_the_refresh_token(page: Page, entra: EntraClient) -> None:
    first = claims(entra, by_popup(page, RITA)["accessToken"])
    requested(entra)
    advance(entra, page, timedelta(hours=2))

    renewed = clicked(page, "Call the API")

    assert requested(entra) == {TOKEN: 1}
    token = claims(entra, renewed["accessToken"])
    assert renewed["fromCache"] is False
    assert (token["oid"], token["roles"]) == (object_id(3), ["PsaSync.Reader"])
    assert token["iat"] - first["iat"] >= 7200


def test_without_a_usable_refresh_token_the_session_serves_in_a_hidden_frame(page: Page, entra: EntraClient) -> None:
    by_popup(page, ADA)
    requested(entra)
    advance(entra, page, timedelta(days=91))

    renewed = clicked(page, "Call the API")

    assert claims(entra, renewed["accessToken"])["oid"] == object_id(1)
    assert requested(entra)[AUTHORIZE] == 1


def test_another_window_is_signed_in_silently_by_the_session(page: Page, entra: EntraClient, site: str) -> None:
    by_popup(page, BILL)
    # its own session storage, hence no account; the cookie of the emulator is shared
    other = page.context.new_page()
    other.goto(f"{site}/index.html")
    assert outcome(other) == {"accounts": []}

    result = clicked(other, "Sign in silently")

    assert claims(entra, result["accessToken"])["oid"] == object_id(2)


def test_silent_sign_in_without_a_session_says_that_a_person_must_act(page: Page) -> None:
    assert clicked(page, "Sign in silently")["error"] == "login_required"


def test_a_second_person_signs_in_beside_the_first(page: Page, entra: EntraClient) -> None:
    by_popup(page, ADA)
    second = by_popup(page, RITA)

    assert second["username"] == "reader@contoso.example"
    assert claims(entra, clicked(page, "Call the API")["accessToken"])["oid"] == object_id(3)


def test_after_signing_out_there_is_neither_account_nor_session(page: Page, entra: EntraClient, site: str) -> None:
    by_popup(page, BILL)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{site}/index.html")

    assert requested(entra)["GET /{tenant}/oauth2/v2.0/logout"] == 1
    assert outcome(page) == {"accounts": []}
    assert clicked(page, "Sign in silently")["error"] == "login_required"


def test_a_cancelled_sign_in_is_an_error_with_a_code(page: Page) -> None:
    assert by_popup(page, "Cancel")["error"] == "access_denied"


def test_a_foreign_redirect_address_is_refused_on_a_page_and_leads_nowhere(page: Page, entra: EntraClient) -> None:
    outcome(page)
    page.get_by_role("button", name="Sign in with a foreign redirect address").click()

    expect(page.get_by_role("main")).to_contain_text("AADSTS50011")
    assert page.url.startswith(entra.url)
    assert TOKEN not in requested(entra)


def test_a_key_rotation_between_two_tokens_is_no_matter(page: Page, entra: EntraClient) -> None:
    first = by_popup(page, ADA)["accessToken"]
    entra.control("POST", "keys/rotate", {"keep_old": True})
    advance(entra, page, timedelta(hours=2))

    second = clicked(page, "Call the API")["accessToken"]

    assert jwt.get_unverified_header(first)["kid"] != jwt.get_unverified_header(second)["kid"]
    assert claims(entra, first)["oid"] == claims(entra, second)["oid"] == object_id(1)
