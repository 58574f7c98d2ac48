"""Who calls: the app validates the Entra token itself (decision D9); headers of a gateway are never trusted."""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

import jwt

from dataverse.psasync.records import EntraObjectId
from transport.redaction import Secret
from triggers.problems import Problem
from triggers.signing_keys import KeysUnavailable, KeyUnknown, SigningKeys

Role = Literal["PsaSync.Admin", "PsaSync.Billing", "PsaSync.Reader"]
ROLES: frozenset[Role] = frozenset({"PsaSync.Admin", "PsaSync.Billing", "PsaSync.Reader"})
SCOPE = "access_as_user"
ALGORITHM = "RS256"
CLOCK_SKEW_SECONDS = 60
LONGEST_TOKEN = 20_000
"""Characters; a token that names 200 groups has about 10,000."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Caller:
    """A person of the tenant: Entra object id, the app roles that the token carries, and the token itself."""

    object_id: EntraObjectId
    roles: frozenset[str]
    token: Secret = field(compare=False)


caller_of_request: ContextVar[Caller | None] = ContextVar("caller_of_request", default=None)
"""Who the request is for that this thread works on; None in background work."""


class TokenValidator:
    """Validates access tokens (version 2) of one tenant for one audience.

    Microsoft identity platform: signature by the tenant's published keys (RS256 and nothing else), issuer, audience,
    times, tenant, delegated scope. A token without a person (client credentials) has no scope and is refused.
    """

    def __init__(self, *, authority: str, tenant_id: str, api_client_id: str, keys: SigningKeys) -> None:
        self._issuer = f"{authority.rstrip('/')}/{tenant_id}/v2.0"
        self._tenant_id = tenant_id
        self._audience = api_client_id
        self._keys = keys

    def caller(self, authorization: str | None) -> Caller:
        """Return the person whose token the header carries; raise Problem 401 when it is not valid."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("token_missing", "Sign in: this request carries no access token.")
        if len(token) > LONGEST_TOKEN:
            raise _invalid()
        try:
            claims = self._claims(token)
        except KeysUnavailable as error:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "identity_unavailable",
                "The identity platform could not be reached; try again in a moment.",
                retry_after=5,
            ) from error
        except (jwt.PyJWTError, KeyUnknown) as error:
            raise _invalid() from error
        object_id, scopes, roles = claims["oid"], claims.get("scp"), claims.get("roles", [])
        # the object id goes into a header of every request to Dataverse
        if not isinstance(object_id, str) or not _GUID.fullmatch(object_id):
            raise _invalid()
        if claims["tid"] != self._tenant_id or not isinstance(scopes, str) or SCOPE not in scopes.split():
            raise _invalid()
        named = frozenset(map(str, roles)) if isinstance(roles, list) else frozenset[str]()
        return Caller(EntraObjectId(object_id.lower()), named, Secret(token))

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        # looked at before any key is looked for: a made-up header must cost nothing
        if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            raise KeyUnknown
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys.key(key_id).key,
            algorithms=[ALGORITHM],
            audience=self._audience,
            issuer=self._issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["exp", "nbf", "iss", "aud", "tid", "oid"], "strict_aud": True},
        )
        return claims


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, code, detail)


def _invalid() -> Problem:
    return _unauthorized("token_invalid", "Sign in again: the access token is not valid here.")
