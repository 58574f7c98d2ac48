"""Access and id tokens (dataverse.md 15)."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from emulators.control_plane import Clock
from emulators.entra.directory import Application, User
from emulators.entra.scopes import Audience
from emulators.entra.signing import SigningKeys

ACCESS_SECONDS = 3600
IDENTITY_SECONDS = 86400  # managed identity tokens live for a day
# services whose tokens are still of the first version
_VERSION_1 = ("https://storage.azure.com", "https://vault.azure.net", "https://management.azure.com")


class TokenIssuer:
    """Makes tokens of one tenant by the virtual clock."""

    def __init__(self, base: str, tenant_id: str, keys: SigningKeys, clock: Clock) -> None:
        self.base = base
        self.tenant_id = tenant_id
        self.keys = keys
        self._clock = clock

    @property
    def issuer(self) -> str:
        """Return the `iss` of tokens of version 2."""
        return f"{self.base}/{self.tenant_id}/v2.0"

    def now(self) -> int:
        """Return the virtual time in seconds since 1970."""
        return int(self._clock.now().timestamp())

    def user_claims(
        self, user: User, client: Application, audience: Audience, permissions: Sequence[str], *, proof: str
    ) -> dict[str, Any]:
        """Return the claims of a user's access token; `proof` is "0" without, "1" with secret, "2" with certificate."""
        claims = self._claims(audience, client, proof, ACCESS_SECONDS)
        claims |= {
            "name": user.displayName,
            "oid": user.id,
            "preferred_username": user.userPrincipalName,
            "scp": " ".join(permissions),
            "sub": _pairwise(user.id, audience.aud),
        }
        roles = [role for role in user.roles if audience.api and role in audience.api.appRoles]
        return claims | ({"roles": roles} if roles else {})

    def application_claims(
        self, client: Application, audience: Audience, *, proof: str, seconds: int = ACCESS_SECONDS
    ) -> dict[str, Any]:
        """Return the claims of an application's access token."""
        claims = self._claims(audience, client, proof, seconds)
        claims |= {"idtyp": "app", "oid": client.id, "sub": client.id}
        roles = [role for role in client.roles if audience.api and role in audience.api.appRoles]
        return claims | ({"roles": roles} if roles else {})

    def id_claims(self, user: User, client: Application, nonce: str | None) -> dict[str, Any]:
        """Return the claims of an id token."""
        claims = self._times(ACCESS_SECONDS) | {
            "aud": client.appId,
            "iss": self.issuer,
            "name": user.displayName,
            "oid": user.id,
            "preferred_username": user.userPrincipalName,
            "sub": _pairwise(user.id, client.appId),
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "2.0",
        }
        if nonce:
            claims["nonce"] = nonce
        return claims | ({"roles": user.roles} if user.roles else {})

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token signed with the current key."""
        return self.keys.current.sign(claims)

    def client_info(self, user: User) -> str:
        """Return the `client_info` by which MSAL recognises the account."""
        document = json.dumps({"uid": user.id, "utid": self.tenant_id}).encode()
        return base64.urlsafe_b64encode(document).rstrip(b"=").decode("ascii")

    def _claims(self, audience: Audience, client: Application, proof: str, seconds: int) -> dict[str, Any]:
        first_version = audience.aud.rstrip("/") in _VERSION_1
        claims = self._times(seconds) | {
            "aud": audience.aud,
            "iss": f"https://sts.windows.net/{self.tenant_id}/" if first_version else self.issuer,
            "azp": client.appId,
            "azpacr": proof,
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0" if first_version else "2.0",
        }
        # services other than our own APIs read the application from the claim of version 1
        return claims if audience.api else claims | {"appid": client.appId, "appidacr": proof, "jti": str(uuid4())}

    def _times(self, seconds: int) -> dict[str, Any]:
        now = self.now()
        return {"iat": now, "nbf": now, "exp": now + seconds}


def _pairwise(user_id: str, audience: str) -> str:
    digest = hashlib.sha256(f"{user_id} {audience}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
