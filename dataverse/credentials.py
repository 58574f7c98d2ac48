"""Tokens for Dataverse from the managed identity of the host."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.identity import ManagedIdentityCredential

from dataverse.errors import TokenUnavailable

_RENEW_BEFORE = 300.0
"""Seconds before its end at which a token is replaced, so that none expires on its way."""

_LONGEST_REASON = 500


class Credential(Protocol):
    """What is needed of a credential of azure-identity."""

    def get_token(self, *scopes: str) -> AccessToken:
        """Return a token; raise AzureError when there is none."""
        ...


class CachedToken:
    """Gives access tokens for one scope: cached, replaced before they end, shared by all threads.

    Calling it raises TokenUnavailable when the identity platform gives no token. `clock` is the time of day in seconds.
    """

    def __init__(
        self, scope: str, new_credential: Callable[[], Credential], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._scope = scope
        self._new_credential = new_credential
        self._clock = clock
        self._lock = threading.Lock()
        self._credential = new_credential()
        self._current: AccessToken | None = None

    def __call__(self) -> str:
        with self._lock:
            if self._current is None or self._clock() >= self._current.expires_on - _RENEW_BEFORE:
                self._current = self._fetch()
            return self._current.token

    def discard(self, refused: str) -> None:
        """Forget a token that Dataverse refused; a newer one that another thread got meanwhile is kept."""
        with self._lock:
            if self._current is not None and self._current.token == refused:
                self._current = None
                # the credential has a cache of its own, which holds the refused token too
                self._credential = self._new_credential()

    def _fetch(self) -> AccessToken:
        try:
            return self._credential.get_token(self._scope)
        except AzureError as unavailable:
            raise TokenUnavailable(
                method="GET",
                path="managed identity",
                delivery="not_sent",
                vendor_message=str(unavailable)[:_LONGEST_REASON],
            ) from unavailable


def managed_identity_token(resource: str, *, client_id: str | None = None) -> CachedToken:
    """Return a source of tokens for `resource`, the address of the environment (https://org.crm.dynamics.com).

    `client_id` chooses a user-assigned identity; None is the system-assigned one. The host's environment
    (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`) is read as azure-identity does.
    """
    return CachedToken(f"{resource.rstrip('/')}/.default", lambda: ManagedIdentityCredential(client_id=client_id))
