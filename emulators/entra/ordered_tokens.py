"""Tokens on order of a test, wrong ones above all: other audience, expired, foreign key, no signature."""

from collections.abc import Mapping
from typing import Any

import jwt

from emulators.control_plane.members import choice, number, refuse_unknown
from emulators.control_plane.wire import BadInput
from emulators.entra.client_authentication import NO_PROOF
from emulators.entra.directory import API_CLIENT_ID, Directory
from emulators.entra.scopes import Audience
from emulators.entra.signing import SigningKey
from emulators.entra.tokens import TokenIssuer

_MEMBERS = ("user", "claims", "signed_by", "expires_in")


class OrderedTokens:
    """Makes the access token of a user for the API, changed as ordered."""

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._issuer = issuer
        self._foreign: SigningKey | None = None

    def make(self, document: Mapping[str, Any]) -> str:
        """Return a token; raises BadInput.

        `claims` replaces claims (null removes one), `expires_in` is in seconds from now and may be negative,
        `signed_by` is `current`, `unknown` (a key that is not published) or `none`.
        """
        refuse_unknown(document, _MEMBERS)
        signed_by = choice(document, "signed_by", ("current", "unknown", "none"), default="current")
        claims = self._claims(document)
        if signed_by == "none":
            return jwt.encode(claims, "", algorithm="none")
        if signed_by == "unknown":
            self._foreign = self._foreign or SigningKey.new()
            return self._foreign.sign(claims)
        return self._issuer.sign(claims)

    def _claims(self, document: Mapping[str, Any]) -> dict[str, Any]:
        user = self._directory.user_named(str(document.get("user", "admin@contoso.example")))
        if user is None:
            raise BadInput("user: no such user principal name")
        api = self._directory.applications.get(API_CLIENT_ID)
        if api is None:
            raise BadInput("user: the API is not registered")
        changes = document.get("claims", {})
        if not isinstance(changes, dict):
            raise BadInput("claims: an object is expected")
        claims = self._issuer.user_claims(user, api, Audience(api.appId, api), api.scopes, proof=NO_PROOF)
        seconds = number(document, "expires_in")
        if seconds is not None:
            claims["exp"] = self._issuer.now() + int(seconds)
        claims |= changes
        return {name: value for name, value in claims.items() if value is not None}
