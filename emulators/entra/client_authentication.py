"""How a client proves itself at the token endpoint: secret, certificate, or nothing for public clients."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from emulators.entra.directory import Application, Directory
from emulators.entra.errors import EntraError, missing, unknown_application

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_PROOF, SECRET, CERTIFICATE = "0", "1", "2"
_SKEW_SECONDS = 300


class ClientAuthenticator:
    """Finds the client of a token request and checks its proof."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

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

    def proof(self, client: Application, form: Mapping[str, str], audiences: Iterable[str], now: int) -> str:
        """Check secret or assertion when one is given and return its kind; raises EntraError."""
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise missing("client_assertion_type")
            _check_assertion(client, form["client_assertion"], list(audiences), now)
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


def _check_assertion(client: Application, assertion: str, audiences: list[str], now: int) -> None:
    def refused(reason: str) -> EntraError:
        return EntraError(
            "invalid_client", 700027, f"The certificate with the client assertion is not usable: {reason}", status=401
        )

    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        raise refused("the assertion is malformed.") from None
    certificate = next((found for found in map(_certificate, client.certificates) if _is_named(found, header)), None)
    if certificate is None:
        raise refused(f"no certificate of {client.appId} has the thumbprint of the assertion.")
    try:
        claims = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]  # the kinds that the two algorithms exclude fail below
            algorithms=["RS256", "PS256"],
            audience=audiences,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "jti"]},
        )
    except (jwt.InvalidTokenError, TypeError) as error:
        raise refused(f"{error}.") from None
    if claims.get("iss") != client.appId or claims.get("sub") != client.appId:
        raise refused("iss and sub must be the client id.")
    if not now - _SKEW_SECONDS < claims["exp"]:
        raise refused("it is expired.")


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _is_named(certificate: x509.Certificate, header: Mapping[str, str]) -> bool:
    sha1 = hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER), usedforsecurity=False).digest()
    sha256 = certificate.fingerprint(hashes.SHA256())
    return _matches(header.get("x5t#S256"), sha256) or _matches(header.get("x5t"), sha1)


def _matches(given: str | None, digest: bytes) -> bool:
    return given is not None and given.rstrip("=") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
