"""What a webhook endpoint must look like (dataverse.md 14)."""

from typing import Final
from urllib.parse import urlsplit

from emulators.dataverse.errors import invalid_argument
from emulators.dataverse.rows import Row

_WEBHOOK: Final = 8
_AUTHENTICATIONS: Final = frozenset({4, 5, 6})
_PORTS: Final = frozenset({None, 80, 443})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def check_endpoint(row: Row) -> None:
    """Refuse an endpoint without a usable address: ports 80 and 443 only, any port on this machine."""
    if row.get("contract") != _WEBHOOK:
        raise invalid_argument("Only webhooks (contract 8) can be registered here.")
    if row.get("authtype") not in _AUTHENTICATIONS:
        raise invalid_argument("A webhook needs the authtype 4 (WebhookKey), 5 (HttpHeader) or 6 (HttpQueryString).")
    parts = urlsplit(row.get("url") or "")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid_argument("The url of a webhook must be absolute.")
    if port not in _PORTS and parts.hostname not in _LOOPBACK:
        raise invalid_argument("Webhooks can only be sent to the ports 80 and 443.")
