"""Assertions by which a client proves itself: signed with its certificate, or tokens of an identity that it trusts.

Codes are those of Entra ID's error list; `jti` must be there, and may come again: msal shows one assertion for minutes.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from emulators.entra.directory import Application
from emulators.entra.errors import EntraError
from emulators.entra.signing import ALGORITHM
from emulators.entra.tokens import TokenIssuer

_SKEW_SECONDS = 300


def check(client: Application, assertion: str, audiences: Collection[str], issuer: TokenIssuer) -> None:
    """Raise EntraError unless the assertion is one of this client; `audiences` name the token endpoint."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise _refused(50027, "JWT token is invalid or malformed.") from None
    if claims.get("iss") == client.appId:
        _check_certificate(client, assertion, header, audiences)
        if not claims.get("jti") or not isinstance(claims["jti"], str):
            raise _refused(700027, "Client assertion must have a 'jti'.")
    else:
        _check_federated(client, assertion, header, claims, issuer)
    _check_times(claims, issuer.now())


def _check_certificate(
    client: Application, assertion: str, header: Mapping[str, Any], audiences: Collection[str]
) -> None:
    certificate = next((found for found in map(_certificate, client.certificates) if _is_named(found, header)), None)
    if certificate is None:
        raise _refused(
            700027,
            f"The certificate with identifier used to sign the client assertion is not registered on application "
            f"'{client.appId}'.",
        )
    claims = _verified(assertion, certificate.public_key(), ["RS256", "PS256"])
    if claims.get("sub") != client.appId:
        raise _refused(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if claims.get("aud") not in audiences:
        raise _refused(700023, "Client assertion audience claim does not match Realm issuer.")


def _check_federated(
    client: Application, assertion: str, header: Mapping[str, Any], claims: Mapping[str, Any], issuer: TokenIssuer
) -> None:
    """Hold a token of this tenant, the only issuer that the emulator knows, against the client's credentials."""
    told = "No matching federated identity record found for presented assertion"
    of_issuer = [found for found in client.federatedIdentityCredentials if found.issuer == claims.get("iss")]
    if not of_issuer or claims.get("iss") != issuer.issuer:
        raise _refused(700211, f"{told} issuer '{claims.get('iss')}'.")
    of_subject = [found for found in of_issuer if found.subject == claims.get("sub")]
    if not of_subject:
        raise _refused(700213, f"{told} subject '{claims.get('sub')}'.")
    if not any(claims.get("aud") in found.audiences for found in of_subject):
        raise _refused(700212, f"{told} audience '{claims.get('aud')}'.")
    key = issuer.keys.by_id(header.get("kid"))
    if key is None:
        raise _refused(700027, "Client assertion failed signature validation: its key is unknown.")
    _verified(assertion, key.private.public_key(), [ALGORITHM])


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    starts: Any = claims.get("nbf", now)
    ends: Any = claims.get("exp")
    are_numbers = isinstance(starts, int | float) and isinstance(ends, int | float)
    if not are_numbers or now < starts - _SKEW_SECONDS or now >= ends + _SKEW_SECONDS:
        raise _refused(700024, "Client assertion is not within its valid time range.")


def _verified(assertion: str, key: Any, algorithms: list[str]) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=algorithms,
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, TypeError) as error:
        raise _refused(700027, f"Client assertion failed signature validation: {error}.") from None
    return claims


def _refused(code: int, message: str) -> EntraError:
    return EntraError("invalid_client", code, message, status=401)


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _is_named(certificate: x509.Certificate, header: Mapping[str, str]) -> bool:
    sha1 = hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER), usedforsecurity=False).digest()
    sha256 = certificate.fingerprint(hashes.SHA256())
    return _matches(header.get("x5t#S256"), sha256) or _matches(header.get("x5t"), sha1)


def _matches(given: str | None, digest: bytes) -> bool:
    return given is not None and given.rstrip("=") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
