"""Who calls: bearer tokens and impersonation (dataverse.md 11, 15)."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import jwt

from emulators.dataverse.environment import APPLICATION_USER_ID
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.security import ACT_ON_BEHALF, Caller, Depth, Directory

LOCAL_TOKEN: Final = "emulator"
_LEEWAY_SECONDS: Final = 60
_MOST_KEPT: Final = 1000
_REQUIRED: Final = ["exp", "iss", "aud"]


class Identity:
    """Turns the headers of a request into a caller.

    Without an authority the token `emulator` is the application user, a system administrator. With one, tokens are
    RS256 JWTs of `{authority}/{tenant}/v2.0` for this service's own address.
    """

    def __init__(self, directory: Directory, authority: str | None, tenant: str | None, public_url: str | None) -> None:
        self._directory = directory
        self._issuer = None if authority is None else f"{authority.rstrip('/')}/{tenant}/v2.0"
        self._public_url = public_url
        self._tenant = tenant
        keys_url = f"{(authority or '').rstrip('/')}/{tenant}/discovery/v2.0/keys"
        # no cool-down: a key that a test has just rotated is known at once
        self._keys = None if authority is None else jwt.PyJWKClient(keys_url, lifespan=3600, cooldown_duration=0)
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    async def caller(self, headers: Mapping[str, str], origin: str) -> Caller:
        """Return who calls; raises DataverseError 401 or 403. `origin` is the address that was called."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthorized(origin)
        user_id = await self._user(token.strip(), origin)
        return self._impersonated(user_id, headers)

    async def _user(self, token: str, origin: str) -> str:
        if self._keys is None:
            if token != LOCAL_TOKEN:
                raise self._unauthorized(origin)
            return APPLICATION_USER_ID
        claims = self._known.get((token, origin))
        if claims is None or float(claims["exp"]) + _LEEWAY_SECONDS < time.time():
            try:
                claims = await asyncio.to_thread(self._claims, self._keys, token, origin)
            except jwt.PyJWTError as error:
                raise self._unauthorized(origin) from error
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[token, origin] = claims
        user_id = self._find(claims)
        if user_id is None:
            raise self._unauthorized(origin)
        return user_id

    def _claims(self, keys: jwt.PyJWKClient, token: str, origin: str) -> dict[str, Any]:
        key = keys.get_signing_key_from_jwt(token).key
        bases = [origin] if self._public_url is None else [origin, self._public_url.rstrip("/")]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=[form for base in bases for form in (base, f"{base}/")],
            issuer=self._issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return claims

    def _find(self, claims: Mapping[str, Any]) -> str | None:
        for claim, column in (
            ("oid", "azureactivedirectoryobjectid"),
            ("appid", "applicationid"),
            ("azp", "applicationid"),
        ):
            value = claims.get(claim)
            if isinstance(value, str) and (user_id := self._directory.find(column, value)) is not None:
                return user_id
        return None

    def _impersonated(self, user_id: str, headers: Mapping[str, str]) -> Caller:
        caller = self._directory.caller(user_id)
        object_id, system_id = headers.get("callerobjectid"), headers.get("mscrmcallerid")
        if not object_id and not system_id:
            return caller
        if caller.rights.depth(ACT_ON_BEHALF) is Depth.NONE:
            raise DataverseError(
                403, "0x80040220", f"Principal user (Id={user_id}, type=8) is missing {ACT_ON_BEHALF} privilege"
            )
        column = "azureactivedirectoryobjectid" if object_id else "systemuserid"
        target = self._directory.find(column, object_id or system_id or "")
        if target is None:
            raise DataverseError(403, "0x80072560", "The user is not a member of the organization.")
        impersonated = self._directory.caller(target)
        impersonated.real_user_id, impersonated.real_rights = user_id, caller.rights
        return impersonated

    def _unauthorized(self, origin: str) -> DataverseError:
        authority = self._issuer.removesuffix("/v2.0") if self._issuer else "https://login.microsoftonline.com/common"
        challenge = f"Bearer authorization_uri={authority}/oauth2/authorize, resource_id={origin}/"
        return DataverseError(
            401, "", "HTTP Error 401 - Unauthorized: Access is denied", [("WWW-Authenticate", challenge)]
        )
