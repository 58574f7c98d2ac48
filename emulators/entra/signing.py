"""Signing keys of the tenant and their rotation."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from emulators.control_plane import Journal

_COLLECTION = "keys"
ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One RSA key with its key id."""

    kid: str
    private: RSAPrivateKey

    @classmethod
    def new(cls) -> Self:
        """Make a key."""
        return cls.of(generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def of(cls, private: RSAPrivateKey) -> Self:
        """Return a key with an id made of its public half."""
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(_base64url(hashlib.sha256(public).digest()[:20]), private)

    def pem(self) -> str:
        """Return the private key as text."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def public_jwk(self) -> dict[str, Any]:
        """Return the public half as a JSON web key."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _base64url(numbers.n.to_bytes(256, "big")),
            "e": _base64url(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a signed token."""
        return jwt.encode(dict(claims), self.private, ALGORITHM, headers={"kid": self.kid})


class SigningKeys:
    """The published keys; the newest signs. They survive a restart in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._keys = [_key_from(pem) for collection, _, pem in journal.load() if collection == _COLLECTION]
        if not self._keys:
            self.rotate(keep_old=True)

    @property
    def current(self) -> SigningKey:
        """Return the key that signs."""
        return self._keys[-1]

    def rotate(self, *, keep_old: bool) -> str:
        """Sign with a new key from now on, and return its id; the old ones stay published if `keep_old`."""
        new = SigningKey.new()
        if not keep_old:
            self._journal.clear(_COLLECTION)
        self._keys = [*(self._keys if keep_old else []), new]
        self._journal.put_many([(_COLLECTION, new.kid, new.pem())])
        return new.kid

    def published(self) -> dict[str, Any]:
        """Return the JSON web key set."""
        return {"keys": [key.public_jwk() for key in self._keys]}

    def by_id(self, kid: str | None) -> SigningKey | None:
        """Return a published key."""
        return next((key for key in self._keys if key.kid == kid), None)


def _key_from(pem: str) -> SigningKey:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("the journal holds a key that is not RSA")
    return SigningKey.of(private)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
