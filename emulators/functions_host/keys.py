"""Function keys (functions.md 4.4, 5.6)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from azure.functions import AuthLevel


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the host; without any nothing is checked, as Core Tools does."""

    master: str | None = None
    host: str | None = None

    def allow(self, level: AuthLevel, headers: Mapping[str, str], query: str) -> bool:
        """Tell whether a request may call something of this level."""
        if level is AuthLevel.ANONYMOUS or (self.master is None and self.host is None):
            return True
        given = headers.get("x-functions-key") or parse_qs(query).get("code", [""])[0]
        accepted = (self.master,) if level is AuthLevel.ADMIN else (self.master, self.host)
        return any(key is not None and hmac.compare_digest(key.encode(), given.encode()) for key in accepted)
