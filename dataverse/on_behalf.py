"""Tokens for Dataverse on behalf of a person who called us (Microsoft identity platform: On-Behalf-Of flow)."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn, Protocol

import msal  # type: ignore[import-untyped]  # it carries no types
from azure.core.exceptions import AzureError
from azure.identity import ManagedIdentityCredential
from msal.exceptions import MsalError  # type: ignore[import-untyped]  # it carries no types

from dataverse.errors import AppSignInRefused, InteractionRequired, TokenUnavailable
from transport.redaction import Secret

MOST_TOKENS = 1_000
"""Tokens kept by one process; the one that was not used for longest goes first."""

_RENEW_BEFORE = 300.0
_TIMEOUT = 10.0
_EXCHANGE_AUDIENCE = "api://AzureADTokenExchange/.default"
_LONGEST_REASON = 500
_CONSENT_MISSING = 65001
_OF_THE_PERSON = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_PASSING = frozenset({"temporarily_unavailable", "server_error", "service_unavailable"})


@dataclass(frozen=True, slots=True)
class ClientProof:
    """How the app proves itself: a secret, a certificate with its private key (PEM), or its managed identity.

    `identity_client_id` chooses a user-assigned identity, as Microsoft recommends; None is the system-assigned one.
    """

    secret: Secret | None = None
    certificate: Secret | None = None
    federated: bool = False
    identity_client_id: str | None = None

    def as_msal_wants_it(self) -> str | dict[str, Any]:
        """Return the `client_credential` of msal."""
        if self.secret is not None:
            return self.secret.reveal()
        if self.certificate is not None:
            pem = self.certificate.reveal()
            return {"private_key": pem, "public_certificate": pem}
        return {"client_assertion": lambda: _assertion_of_the_identity(self.identity_client_id)}


class Application(Protocol):
    """What is needed of msal's confidential client."""

    def acquire_token_on_behalf_of(self, user_assertion: str, scopes: list[str]) -> Mapping[str, Any]:
        """Return `access_token` and `expires_in`, or `error` and what belongs to it."""
        ...


@dataclass(slots=True)
class _Kept:
    token: str = field(repr=False)
    ends_at: float


class OnBehalfOf:
    """Exchanges callers' tokens for tokens of Dataverse; safe to share between threads.

    Tokens are kept by the caller's token, not by the person: whoever signs in anew, with stronger proof or after their
    rights have changed, gets a new one. `clock` is the time of day in seconds.
    """

    def __init__(
        self,
        *,
        resource: str,
        new_application: Callable[[], Application],
        most_tokens: int = MOST_TOKENS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._scope = f"{resource.rstrip('/')}/user_impersonation"
        self._new_application = new_application
        self._most_tokens = most_tokens
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def token_of(self, caller_token: Secret) -> "PersonToken":
        """Return the source of tokens for one caller; nothing is asked for yet."""
        return PersonToken(self, caller_token)

    def token(self, caller_token: Secret) -> str:
        """Return a token of Dataverse; raises InteractionRequired, AppSignInRefused or TokenUnavailable."""
        key = _key(caller_token)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self._clock() < kept.ends_at - _RENEW_BEFORE:
                self._kept.move_to_end(key)
                return kept.token
        # outside of the lock: one slow answer must not keep everybody else waiting
        fresh = self._exchanged(caller_token)
        with self._lock:
            self._kept[key] = fresh
            self._kept.move_to_end(key)
            while len(self._kept) > self._most_tokens:
                self._kept.popitem(last=False)
        return fresh.token

    def forget(self, caller_token: Secret, refused: str) -> None:
        """Drop a token that Dataverse refused."""
        with self._lock:
            kept = self._kept.get(_key(caller_token))
            if kept is not None and kept.token == refused:
                del self._kept[_key(caller_token)]

    @cached_property
    def _application(self) -> Application:
        # msal reads the platform's metadata when it is made, so it is made at the first use
        return self._new_application()

    def _exchanged(self, caller_token: Secret) -> _Kept:
        try:
            answer = self._application.acquire_token_on_behalf_of(caller_token.reveal(), [self._scope])
        except (OSError, ValueError, AzureError, MsalError) as error:
            raise TokenUnavailable(
                method="POST", path="on behalf of", delivery="not_sent", vendor_message=type(error).__name__
            ) from None  # its text can hold the request
        if "access_token" not in answer:
            _raise(answer)
        return _Kept(str(answer["access_token"]), self._clock() + int(answer.get("expires_in", 0)))


class PersonToken:
    """The tokens of one caller, as the client of Dataverse wants them."""

    def __init__(self, source: OnBehalfOf, caller_token: Secret) -> None:
        self._source = source
        self._caller_token = caller_token

    def __call__(self) -> str:
        return self._source.token(self._caller_token)

    def discard(self, refused: str) -> None:
        """Forget this token, so that the next call gets a new one."""
        self._source.forget(self._caller_token, refused)


class _NothingKept(msal.TokenCache):  # type: ignore[misc]  # msal carries no types
    """Keeps msal from collecting every token for ever: its own cache has no bound."""

    def add(self, event: Mapping[str, Any], now: float | None = None) -> None:
        """Keep nothing."""


def on_behalf_of(*, authority: str, tenant_id: str, client_id: str, resource: str, proof: ClientProof) -> OnBehalfOf:
    """Return the exchange for `resource`, the address of the environment; the authority must be https."""

    def new_application() -> Application:
        application: Application = msal.ConfidentialClientApplication(
            client_id,
            client_credential=proof.as_msal_wants_it(),
            authority=f"{authority.rstrip('/')}/{tenant_id}",
            # the authority is ours to name; msal would ask Microsoft's public cloud about it
            instance_discovery=False,
            token_cache=_NothingKept(),
            exclude_scopes=["offline_access"],
            timeout=_TIMEOUT,
        )
        return application

    return OnBehalfOf(resource=resource, new_application=new_application)


def _key(caller_token: Secret) -> bytes:
    return hashlib.sha256(caller_token.reveal().encode()).digest()


def _assertion_of_the_identity(client_id: str | None) -> str:
    """Return what the managed identity shows in place of a secret (Entra: federated identity credentials)."""
    with ManagedIdentityCredential(client_id=client_id) as identity:
        token: str = identity.get_token(_EXCHANGE_AUDIENCE).token
        return token


def _raise(answer: Mapping[str, Any]) -> NoReturn:
    error = str(answer.get("error", ""))
    facts: dict[str, Any] = {
        "method": "POST",
        "path": "on behalf of",
        "code": error or None,
        # the first line only: the others are trace ids and times
        "vendor_message": (str(answer.get("error_description", "")).splitlines() or [""])[0][:_LONGEST_REASON],
        "request_id": answer.get("correlation_id"),
    }
    if error in _OF_THE_PERSON or answer.get("claims"):
        consent = answer.get("suberror") == "consent_required" or _CONSENT_MISSING in answer.get("error_codes", ())
        claims = answer.get("claims")
        raise InteractionRequired(consent=consent, claims=str(claims) if claims else None, **facts)
    raise (TokenUnavailable if error in _PASSING or not error else AppSignInRefused)(**facts)
