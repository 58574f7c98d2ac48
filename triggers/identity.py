"""Who calls: the app validates the Entra token itself (decision D9); headers of a gateway are never trusted."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import jwt

from dataverse.psasync.records import EntraObjectId
from triggers.problems import Problem

Role = Literal["PsaSync.Admin", "PsaSync.Billing", "PsaSync.Reader"]
ROLES: frozenset[Role] = frozenset({"PsaSync.Admin", "PsaSync.Billing", "PsaSync.Reader"})
SCOPE = "access_as_user"
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """A person of the tenant: Entra object id and the app roles that the token carries."""

    object_id: EntraObjectId
    roles: frozenset[str]


class TokenValidator:
    """Validates access tokens (version 2) of one tenant for one audience.

    Microsoft identity platform: signature by the tenant's published keys (RS256), issuer, audience, times, tenant,
    delegated scope. Keys are cached for an hour and fetched anew when a token names an unknown one.
    """

    def __init__(self, *, authority: str, tenant_id: str, api_client_id: str) -> None:
        base = f"{authority.rstrip('/')}/{tenant_id}"
        self._issuer = f"{base}/v2.0"
        self._tenant_id = tenant_id
        self._audience = api_client_id
        self._keys = jwt.PyJWKClient(f"{base}/discovery/v2.0/keys", lifespan=3600, timeout=10)

    def caller(self, authorization: str | None) -> Caller:
        """Return the person whose token the header carries; raise Problem 401 when it is not valid."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("token_missing", "Sign in: this request carries no access token.")
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud", "tid", "oid"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "identity_unavailable",
                "The identity platform could not be reached; try again in a moment.",
                retry_after=5,
            ) from error
        except jwt.PyJWTError as error:
            raise _unauthorized("token_invalid", "Sign in again: the access token is not valid here.") from error
        if claims["tid"] != self._tenant_id or SCOPE not in str(claims.get("scp", "")).split():
            raise _unauthorized("token_invalid", "Sign in again: the access token is not valid here.")
        return Caller(EntraObjectId(str(claims["oid"]).lower()), frozenset(map(str, claims.get("roles", ()))))


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, code, detail)
