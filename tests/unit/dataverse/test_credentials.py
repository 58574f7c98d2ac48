"""Tokens of the managed identity."""

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from dataverse.credentials import CachedToken, managed_identity_token
from dataverse.errors import TokenUnavailable
from dataverse.exchange import RenewableToken

pytestmark = pytest.mark.unit


class Identity:
    """Counts tokens over all its credentials; they live for an hour."""

    def __init__(self) -> None:
        self.now = 0.0
        self.issued = 0
        self.credentials = 0
        self.scopes: list[str] = []
        self.failure: Exception | None = None

    def clock(self) -> float:
        return self.now

    def credential(self) -> "Identity":
        self.credentials += 1
        return self

    def get_token(self, *scopes: str) -> AccessToken:
        if self.failure is not None:
            raise self.failure
        self.scopes.extend(scopes)
        self.issued += 1
        return AccessToken(f"token-{self.issued}", int(self.now) + 3_600)


def source_of(identity: Identity) -> CachedToken:
    return CachedToken("https://contoso.crm.dynamics.com/.default", identity.credential, clock=identity.clock)


def test_a_token_is_kept_until_five_minutes_before_its_end() -> None:
    identity = Identity()
    token = source_of(identity)

    assert token() == "token-1"
    identity.now = 3_299.0
    assert token() == "token-1"
    identity.now = 3_300.0
    assert token() == "token-2"
    assert identity.scopes == ["https://contoso.crm.dynamics.com/.default"] * 2


def test_a_refused_token_is_replaced_by_one_of_a_new_credential() -> None:
    identity = Identity()
    token = source_of(identity)

    token.discard(token())

    assert token() == "token-2"
    assert identity.credentials == 2


def test_a_token_that_another_thread_has_replaced_already_is_not_replaced_again() -> None:
    identity = Identity()
    token = source_of(identity)
    refused = token()

    token.discard(refused)
    token()
    token.discard(refused)

    assert token() == "token-2"
    assert identity.credentials == 2


def test_an_identity_platform_that_gives_no_token_is_a_typed_error() -> None:
    identity = Identity()
    identity.failure = ClientAuthenticationError("no identity " + "x" * 1_000)

    with pytest.raises(TokenUnavailable) as raised:
        source_of(identity)()

    assert raised.value.delivery == "not_sent"
    assert raised.value.vendor_message.startswith("no identity")
    assert len(raised.value.vendor_message) == 500


def test_the_client_can_tell_the_managed_identity_that_a_token_was_refused() -> None:
    assert isinstance(managed_identity_token("https://contoso.crm.dynamics.com/"), RenewableToken)
