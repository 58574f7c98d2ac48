"""Tokens on behalf of a caller: kept by the caller's own token, bounded, and errors told apart."""

import json
from collections.abc import Mapping
from typing import Any

import msal
import pytest

from dataverse import on_behalf
from dataverse.errors import AppSignInRefused, DataverseError, InteractionRequired, TokenUnavailable
from dataverse.exchange import RenewableToken
from dataverse.on_behalf import ClientProof, OnBehalfOf
from transport.redaction import Secret

pytestmark = pytest.mark.unit
ADA, BILL = Secret("token-of-ada"), Secret("token-of-bill")


class Platform:
    """Stands for msal's confidential client."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[tuple[str, list[str]]] = []
        self.answer: Mapping[str, Any] | Exception | None = None

    def acquire_token_on_behalf_of(self, user_assertion: str, scopes: list[str]) -> Mapping[str, Any]:
        self.asked.append((user_assertion, scopes))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        return {"access_token": f"{user_assertion}-{len(self.asked)}", "expires_in": 3_600}

    def exchange(self, **options: Any) -> OnBehalfOf:
        return OnBehalfOf(
            resource="https://contoso.crm.dynamics.com/",
            new_application=lambda: self,
            clock=lambda: self.now,
            **options,
        )


def test_each_caller_gets_a_token_of_their_own_for_dataverse() -> None:
    platform = Platform()
    exchange = platform.exchange()
    assert (exchange.token(ADA), exchange.token(BILL)) == ("token-of-ada-1", "token-of-bill-2")
    assert platform.asked[0] == ("token-of-ada", ["https://contoso.crm.dynamics.com/user_impersonation"])


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    platform = Platform()
    exchange = platform.exchange()
    for platform.now in (0.0, 3_299.0):
        assert exchange.token(ADA) == "token-of-ada-1"
    platform.now = 3_300.0
    assert exchange.token(ADA) == "token-of-ada-2"


def test_the_same_person_with_a_new_token_gets_a_new_one() -> None:
    platform = Platform()
    exchange = platform.exchange()
    exchange.token(ADA)
    exchange.token(Secret("token-of-ada-after-stronger-sign-in"))
    assert len(platform.asked) == 2


def test_no_more_tokens_are_kept_than_allowed_and_the_idle_one_goes() -> None:
    platform = Platform()
    exchange = platform.exchange(most_tokens=2)
    exchange.token(ADA)
    exchange.token(BILL)
    exchange.token(ADA)
    exchange.token(Secret("token-of-rita"))
    platform.asked.clear()
    exchange.token(ADA)
    assert platform.asked == []
    exchange.token(BILL)
    assert [assertion for assertion, _ in platform.asked] == ["token-of-bill"]


def test_a_token_that_dataverse_refused_is_not_used_again() -> None:
    source = Platform().exchange().token_of(ADA)
    assert isinstance(source, RenewableToken)
    refused = source()
    source.discard("another")
    assert source() == refused
    source.discard(refused)
    assert source() != refused


@pytest.mark.parametrize(
    ("answer", "kind", "consent", "claims"),
    [
        ({"error": "invalid_grant", "suberror": "consent_required"}, InteractionRequired, True, None),
        ({"error": "invalid_grant", "error_codes": [65001]}, InteractionRequired, True, None),
        ({"error": "interaction_required", "claims": '{"a": 1}'}, InteractionRequired, False, '{"a": 1}'),
        ({"error": "invalid_grant", "error_codes": [500133]}, InteractionRequired, False, None),
        ({"error": "access_denied", "claims": "{}"}, InteractionRequired, False, "{}"),
        ({"error": "invalid_client"}, AppSignInRefused, None, None),
        ({"error": "unauthorized_client"}, AppSignInRefused, None, None),
        ({"error": "temporarily_unavailable"}, TokenUnavailable, None, None),
        ({}, TokenUnavailable, None, None),
        (OSError("https://login/?assertion=token-of-ada"), TokenUnavailable, None, None),
        (ValueError("token-of-ada"), TokenUnavailable, None, None),
    ],
)
def test_errors_say_who_can_do_something(
    answer: Any, kind: type[DataverseError], consent: bool | None, claims: str | None
) -> None:
    platform = Platform()
    platform.answer = answer
    with pytest.raises(kind) as refusal:
        platform.exchange().token(ADA)
    assert type(refusal.value) is kind
    assert (getattr(refusal.value, "consent", None), getattr(refusal.value, "claims", None)) == (consent, claims)
    assert "token-of-ada" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_proof_of_the_app_is_handed_to_msal_as_msal_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ClientProof(secret=Secret("s")).as_msal_wants_it() == "s"
    certificate = ClientProof(certificate=Secret("PEM")).as_msal_wants_it()
    assert certificate == {"private_key": "PEM", "public_certificate": "PEM"}
    assert "s3cret" not in repr(ClientProof(secret=Secret("s3cret")))


def test_the_managed_identity_can_stand_in_for_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The assertion is asked for anew at each sign-in, for the audience that Entra wants."""
    scopes: list[str] = []

    class Identity:
        def __init__(self, *, client_id: str | None) -> None:
            assert client_id == "of-the-identity"

        def __enter__(self) -> "Identity":
            return self

        def __exit__(self, *_: object) -> None: ...

        def get_token(self, scope: str) -> Any:
            scopes.append(scope)
            return type("Token", (), {"token": "assertion-of-the-identity"})

    monkeypatch.setattr(on_behalf, "ManagedIdentityCredential", Identity)
    platform = _WirePlatform()
    proof = ClientProof(federated=True, identity_client_id="of-the-identity")
    application = msal.ConfidentialClientApplication(
        "client", client_credential=proof.as_msal_wants_it(), **platform.options
    )
    for _ in range(2):
        application.acquire_token_on_behalf_of("token-of-ada", ["https://x/user_impersonation"])
    assert scopes == ["api://AzureADTokenExchange/.default"] * 2
    assert platform.posted[0]["client_assertion"] == "assertion-of-the-identity"
    assert platform.posted[0]["requested_token_use"] == "on_behalf_of"


def test_msal_keeps_nothing_and_asks_for_no_refresh_token() -> None:
    platform = _WirePlatform()
    cache = on_behalf._NothingKept()
    application = msal.ConfidentialClientApplication(
        "client",
        client_credential="s",
        token_cache=cache,
        exclude_scopes=["offline_access"],
        **platform.options,
    )
    for _ in range(3):
        application.acquire_token_on_behalf_of("token-of-ada", ["https://x/user_impersonation"])
    assert len(platform.posted) == 3
    assert "offline_access" not in platform.posted[0]["scope"]
    assert list(cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN)) == []


class _WirePlatform:
    """Answers what msal sends, without a socket (reference dataverse.md 15)."""

    class Answer:
        def __init__(self, document: Mapping[str, Any]) -> None:
            self.status_code, self.text, self.headers = 200, json.dumps(document), {}

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.options = {
            "authority": "https://login.example/tenant",
            "instance_discovery": False,
            "http_client": self,
        }

    def get(self, url: str, **_: Any) -> "_WirePlatform.Answer":
        base = url.split("/v2.0/")[0]
        return self.Answer(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    def post(self, url: str, data: Any = None, **_: Any) -> "_WirePlatform.Answer":
        self.posted.append(dict(data))
        return self.Answer({"token_type": "Bearer", "expires_in": 3599, "access_token": "made"})

    def close(self) -> None: ...
