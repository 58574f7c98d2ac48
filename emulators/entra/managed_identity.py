"""The managed identity endpoint of App Service (functions.md 2.2, dataverse.md 15)."""

import hmac
import json
from collections.abc import Mapping
from uuid import uuid4

from emulators.control_plane import FaultAnswer
from emulators.entra.directory import IDENTITY_APPLICATION_ID, IDENTITY_HEADER, TOKEN_EXCHANGE, Directory
from emulators.entra.errors import EntraError
from emulators.entra.scopes import Audience, audience_of
from emulators.entra.tokens import IDENTITY_SECONDS, TokenIssuer

API_VERSION = "2019-08-01"
_CERTIFICATE_PROOF = "2"
_EXCHANGE = Audience(TOKEN_EXCHANGE, None)
_JSON = {"content-type": "application/json; charset=utf-8"}


class ManagedIdentityEndpoint:
    """Answers `GET /msi/token`; tokens live for a day."""

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._issuer = issuer

    def answer(self, query: Mapping[str, str], headers: Mapping[str, str]) -> FaultAnswer:
        """Return a token for `resource`, or App Service's error."""
        if not hmac.compare_digest(headers.get("x-identity-header", "").encode(), IDENTITY_HEADER.encode()):
            return _refused(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        if query.get("api-version") != API_VERSION:
            return _refused(400, f"The api-version must be {API_VERSION}.")
        client_id = query.get("client_id", IDENTITY_APPLICATION_ID)
        identity = self._directory.applications.get(IDENTITY_APPLICATION_ID)
        if client_id != IDENTITY_APPLICATION_ID or identity is None:
            return _refused(400, f"No user assigned identity found for client id {client_id}.")
        resource = query.get("resource")
        if not resource:
            return _refused(400, "The resource parameter is missing.")
        try:
            audience = _EXCHANGE if resource == TOKEN_EXCHANGE else audience_of(resource, self._directory)
        except EntraError as error:
            return _refused(400, f"AADSTS{error.code}: {error.message}")
        claims = self._issuer.application_claims(identity, audience, proof=_CERTIFICATE_PROOF, seconds=IDENTITY_SECONDS)
        document = {
            "access_token": self._issuer.sign(claims),
            "expires_on": str(claims["exp"]),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": identity.appId,
        }
        return FaultAnswer(200, dict(_JSON), json.dumps(document).encode())


def _refused(status: int, message: str) -> FaultAnswer:
    document = {"statusCode": status, "message": message, "correlationId": str(uuid4())}
    return FaultAnswer(status, dict(_JSON), json.dumps(document).encode())
