"""How a client proves itself at the token endpoint: secret, certificate, or nothing for public clients."""

import base64
import hmac
from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

from emulators.entra import client_assertions
from emulators.entra.directory import Application, Directory
from emulators.entra.errors import EntraError, missing, unknown_application
from emulators.entra.tokens import TokenIssuer

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_PROOF, SECRET, CERTIFICATE = "0", "1", "2"


class ClientAuthenticator:
    """Finds the client of a token request and checks its proof."""

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._issuer = issuer

    def client(self, form: Mapping[str, str], authorization: str) -> tuple[Application, Mapping[str, str]]:
        """Return the client and the form, completed by a Basic header; raises EntraError."""
        if authorization.lower().startswith("basic "):
            form = {**form, **_basic(authorization)}
        client_id = form.get("client_id")
        if not client_id:
            raise missing("client_id")
        application = self._directory.applications.get(client_id)
        if application is None:
            raise unknown_application(client_id)
        return application, form

    def proof(self, client: Application, form: Mapping[str, str], audiences: Collection[str]) -> str:
        """Check secret or assertion when one is given and return its kind; raises EntraError."""
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise missing("client_assertion_type")
            client_assertions.check(client, form["client_assertion"], audiences, self._issuer)
            return CERTIFICATE
        if "client_secret" in form:
            given = form["client_secret"].encode()
            if not any(hmac.compare_digest(secret.encode(), given) for secret in client.secrets):
                raise EntraError("invalid_client", 7000215, "Invalid client secret provided.", status=401)
            return SECRET
        return NO_PROOF


def require(proof: str) -> None:
    """Raise EntraError for a client without proof."""
    if proof == NO_PROOF:
        raise EntraError(
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            status=401,
        )


def _basic(authorization: str) -> dict[str, str]:
    try:
        name, _, secret = base64.b64decode(authorization[6:], validate=True).decode().partition(":")
    except ValueError:
        raise EntraError("invalid_client", 7000215, "The Authorization header is malformed.", status=401) from None
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}
