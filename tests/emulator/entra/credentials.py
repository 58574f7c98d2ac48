"""Certificates and assertions as a confidential client makes them."""

import base64
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.x509.oid import NameOID


def certificate() -> tuple[str, str]:
    """Return a new self-signed certificate and its key, both in PEM."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def assertion(public: str, private: str, client_id: str, audience: str, **changes: Any) -> str:
    """Return a client assertion; `changes` replace claims, None removes one."""
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid.uuid4()),
        "exp": int(time.time()) + 600,
    } | changes
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None},
        private,
        algorithm="PS256",
        headers=_named(public),
    )


def _named(public: str) -> Mapping[str, str]:
    digest = x509.load_pem_x509_certificate(public.encode()).fingerprint(hashes.SHA256())
    return {"x5t#S256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")}
