"""What lives between two requests: authorization codes and refresh tokens."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TypeVar

from emulators.entra.errors import EntraError

CODE_SECONDS = 600
REFRESH_SECONDS = 90 * 86400


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user granted to a client; `expires` in seconds since 1970."""

    user_id: str
    client_id: str
    scope: str
    expires: int


@dataclass(frozen=True, slots=True)
class Code(Grant):
    """An authorization code that was not redeemed yet."""

    redirect_uri: str
    nonce: str | None
    challenge: str | None
    challenge_method: str

    def check_verifier(self, verifier: str | None) -> None:
        """Check the PKCE verifier; raises EntraError."""
        if self.challenge is None:
            return
        if not verifier:
            raise EntraError(
                "invalid_grant", 50148, "The code_verifier does not match the code_challenge: none was sent."
            )
        made = verifier
        if self.challenge_method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        if not secrets.compare_digest(made.encode(), self.challenge.encode()):
            raise EntraError("invalid_grant", 501481, "The code_verifier does not match the code_challenge.")


_Kept = TypeVar("_Kept", Grant, Code)


class Sessions:
    """Codes and refresh tokens by their opaque text; they end with the process."""

    def __init__(self) -> None:
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Grant] = {}

    def clear(self) -> None:
        """Forget all."""
        self._codes.clear()
        self._refresh.clear()

    def new_code(self, code: Code) -> str:
        """Keep a code and return its text."""
        return _keep(self._codes, code, "1.")

    def new_refresh_token(self, grant: Grant) -> str:
        """Keep a refresh token and return its text."""
        return _keep(self._refresh, grant, "0.")

    def redeem(self, text: str, now: int) -> Code:
        """Return a code and forget it; raises EntraError."""
        code = self._codes.pop(text, None)
        if code is None:
            raise EntraError("invalid_grant", 54005, "The authorization code was already redeemed or does not exist.")
        if code.expires <= now:
            raise EntraError("invalid_grant", 70008, "The authorization code is expired.")
        return code

    def refreshed(self, text: str, now: int) -> Grant:
        """Return what a refresh token stands for; raises EntraError."""
        grant = self._refresh.get(text)
        if grant is None:
            raise EntraError("invalid_grant", 9002313, "The refresh token is malformed or unknown.")
        if grant.expires <= now:
            raise EntraError("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return grant


def _keep(kept: dict[str, _Kept], value: _Kept, prefix: str) -> str:
    text = prefix + secrets.token_urlsafe(48)
    kept[text] = value
    return text
