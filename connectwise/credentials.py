"""What identifies this integration and its API member to ConnectWise."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from transport.redaction import Secret

_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of an API member and the GUID of the integration, which counts as a secret too (Developer Guide).

    Raises ValueError, without the value, for an empty part or one with blanks or characters outside ASCII.
    """

    public_key: Secret
    private_key: Secret
    client_id: Secret

    def __post_init__(self) -> None:
        for name in ("public_key", "private_key", "client_id"):
            if not _VISIBLE.fullmatch(getattr(self, name).reveal()):
                raise ValueError(f"the ConnectWise credential {name} is empty or holds blanks or foreign characters")

    def headers(self, company: str) -> dict[str, str]:
        """Return the headers `Authorization` and `clientId` for this login company."""
        return {"Authorization": f"Basic {self._token(company)}", "clientId": self.client_id.reveal()}

    def concealed_texts(self, company: str) -> Iterator[str]:
        """Yield every text that must not appear in a log."""
        yield self._token(company)
        yield self.private_key.reveal()
        yield self.public_key.reveal()
        yield self.client_id.reveal()

    def _token(self, company: str) -> str:
        login = f"{company}+{self.public_key.reveal()}:{self.private_key.reveal()}"
        return b64encode(login.encode()).decode("ascii")
