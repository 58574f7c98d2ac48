"""The token endpoint: one method a grant type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from emulators.entra import client_authentication
from emulators.entra.client_authentication import ClientAuthenticator
from emulators.entra.directory import Application, Directory, User
from emulators.entra.errors import EntraError, missing
from emulators.entra.scopes import Request, parse_scope
from emulators.entra.sessions import REFRESH_SECONDS, Grant, Sessions
from emulators.entra.signing import ALGORITHM
from emulators.entra.tokens import ACCESS_SECONDS, TokenIssuer

ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_TYPES = ("password", "client_credentials", "authorization_code", "refresh_token", ON_BEHALF_OF)
_MFA_CLAIMS = '{"access_token":{"capolids":{"essential":true,"values":["99999999-9999-4999-8999-999999999999"]}}}'


@dataclass(frozen=True, slots=True)
class Call:
    """One token request whose client is known; `proof` is the kind of its credential."""

    client: Application
    form: Mapping[str, str]
    proof: str

    def required(self, name: str) -> str:
        """Return a parameter; raises EntraError when it is absent."""
        value = self.form.get(name)
        if not value:
            raise missing(name)
        return value


class TokenEndpoint:
    """Answers `POST /{tenant}/oauth2/v2.0/token`."""

    def __init__(self, directory: Directory, sessions: Sessions, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._sessions = sessions
        self._issuer = issuer
        self._clients = ClientAuthenticator(directory, issuer)
        self._grants: dict[str, Callable[[Call], dict[str, Any]]] = {
            "password": self._password,
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            "refresh_token": self._refresh_token,
            ON_BEHALF_OF: self._on_behalf_of,
        }

    def answer(self, form: Mapping[str, str], authorization: str) -> dict[str, Any]:
        """Return the tokens that a form earns; raises EntraError."""
        grant_type = form.get("grant_type")
        if not grant_type:
            raise missing("grant_type")
        grant = self._grants.get(grant_type)
        if grant is None:
            raise EntraError("unsupported_grant_type", 70003, f"The grant type '{grant_type}' is not supported.")
        client, form = self._clients.client(form, authorization)
        tenant = f"{self._issuer.base}/{self._issuer.tenant_id}"
        audiences = (f"{tenant}/oauth2/v2.0/token", f"{tenant}/v2.0", tenant)
        return grant(Call(client, form, self._clients.proof(client, form, audiences)))

    def _password(self, call: Call) -> dict[str, Any]:
        user = self._directory.user_named(call.required("username"))
        password = call.required("password")
        if user is None or user.password != password:
            raise EntraError(
                "invalid_grant", 50126, "Error validating credentials due to invalid username or password."
            )
        self._require_public_or_proven(call)
        return self._user_tokens(call, user, call.required("scope"))

    def _client_credentials(self, call: Call) -> dict[str, Any]:
        client_authentication.require(call.proof)
        request = parse_scope(call.required("scope"), self._directory)
        if request.audience is None or not request.wants_default:
            raise EntraError(
                "invalid_scope",
                1002012,
                f"The provided value for scope {call.form['scope']} is not valid. Client credential flows must have "
                "a scope value with /.default suffixed to the resource identifier (application ID URI).",
            )
        claims = self._issuer.application_claims(call.client, request.audience, proof=call.proof)
        return _bearer(self._issuer.sign(claims))

    def _authorization_code(self, call: Call) -> dict[str, Any]:
        code = self._sessions.redeem(call.required("code"), self._issuer.now())
        if code.client_id != call.client.appId:
            raise EntraError("invalid_grant", 700005, "The code was issued to another client.")
        if call.form.get("redirect_uri") != code.redirect_uri:
            raise EntraError("invalid_grant", 50011, "The redirect URI does not match the one of the authorization.")
        code.check_verifier(call.form.get("code_verifier"))
        self._require_public_or_proven(call)
        scope = call.form.get("scope") or code.scope
        return self._user_tokens(call, self._user(code.user_id), scope, nonce=code.nonce)

    def _refresh_token(self, call: Call) -> dict[str, Any]:
        grant = self._sessions.refreshed(call.required("refresh_token"), self._issuer.now())
        if grant.client_id != call.client.appId:
            raise EntraError("invalid_grant", 700005, "The refresh token was issued to another client.")
        self._require_public_or_proven(call)
        # a refresh token always comes with a new one, whatever the scope says
        scope = f"{call.form.get('scope') or grant.scope} offline_access"
        return self._user_tokens(call, self._user(grant.user_id), scope)

    def _on_behalf_of(self, call: Call) -> dict[str, Any]:
        client_authentication.require(call.proof)
        if call.required("requested_token_use") != "on_behalf_of":
            raise EntraError("invalid_request", 900144, "requested_token_use must be on_behalf_of.")
        user = self._asserted_user(call)
        if user.onBehalfOf == "consent_required":
            raise EntraError(
                "invalid_grant",
                65001,
                f"The user or administrator has not consented to use the application with ID '{call.client.appId}'.",
                suberror="consent_required",
            )
        if user.onBehalfOf == "mfa_required":
            raise EntraError(
                "interaction_required",
                50076,
                "Due to a configuration change made by your administrator you must use multi-factor authentication.",
                suberror="basic_action",
                claims=_MFA_CLAIMS,
            )
        return self._user_tokens(call, user, call.required("scope"))

    def _asserted_user(self, call: Call) -> User:
        try:
            claims = self._verified(call.required("assertion"))
        except jwt.InvalidTokenError as error:
            raise EntraError("invalid_grant", 50013, f"Assertion failed signature validation: {error}.") from None
        if claims.get("aud") not in (call.client.appId, *call.client.identifierUris):
            raise EntraError(
                "invalid_grant",
                500131,
                "Assertion audience does not match the Client app presenting the assertion. "
                f"The audience in the assertion was '{claims.get('aud')}' and the expected audience is "
                f"'{call.client.appId}' or one of its Application URIs.",
            )
        if claims["exp"] <= self._issuer.now():
            raise EntraError("invalid_grant", 500133, "Assertion is not within its valid time range.")
        if "scp" not in claims:
            raise EntraError("invalid_grant", 7000114, "An application token cannot be used on behalf of a user.")
        return self._user(claims["oid"])

    def _verified(self, assertion: str) -> dict[str, Any]:
        """Return the claims of a token that we signed, by whatever time; raises jwt.InvalidTokenError."""
        key = self._issuer.keys.by_id(jwt.get_unverified_header(assertion).get("kid"))
        if key is None:
            raise jwt.InvalidTokenError("its key is unknown")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            options={
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "require": ["exp", "oid"],
            },
        )
        return claims

    def _user(self, user_id: str) -> User:
        user = self._directory.users.get(user_id)
        if user is None:
            raise EntraError("invalid_grant", 50034, "The user account does not exist in the directory.")
        return user

    @staticmethod
    def _require_public_or_proven(call: Call) -> None:
        if not call.client.isPublicClient:
            client_authentication.require(call.proof)

    def _user_tokens(self, call: Call, user: User, scope: str, nonce: str | None = None) -> dict[str, Any]:
        if not user.accountEnabled:
            raise EntraError("invalid_grant", 50057, "The user account is disabled.")
        request = parse_scope(scope, self._directory)
        answer = self._access_token(call, user, request)
        if "openid" in request.openid:
            answer["id_token"] = self._issuer.sign(self._issuer.id_claims(user, call.client, nonce))
        if "offline_access" in request.openid:
            grant = Grant(user.id, call.client.appId, scope, self._issuer.now() + REFRESH_SECONDS)
            answer["refresh_token"] = self._sessions.new_refresh_token(grant)
        if call.form.get("client_info") == "1":
            answer["client_info"] = self._issuer.client_info(user)
        return answer

    def _access_token(self, call: Call, user: User, request: Request) -> dict[str, Any]:
        audience = request.audience
        if audience is None:
            if not request.openid:
                raise missing("scope")
            return _bearer(self._issuer.sign(self._issuer.id_claims(user, call.client, None)), scope="openid profile")
        permissions = audience.scopes() if request.wants_default else request.permissions
        claims = self._issuer.user_claims(user, call.client, audience, permissions, proof=call.proof)
        base = f"api://{audience.api.appId}" if audience.api else audience.aud
        named = " ".join(f"{base}/{permission}" for permission in permissions)
        openid = " ".join(sorted(request.openid - {"offline_access"}))
        return _bearer(self._issuer.sign(claims), scope=f"{openid} {named}".strip())


def _bearer(token: str, scope: str | None = None) -> dict[str, Any]:
    answer = {"token_type": "Bearer", "expires_in": ACCESS_SECONDS, "ext_expires_in": ACCESS_SECONDS}
    return answer | ({"scope": scope} if scope else {}) | {"access_token": token}
