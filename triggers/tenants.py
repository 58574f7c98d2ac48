"""The ConnectWise tenants that this process speaks to; part of the composition root."""

import json
import threading
from dataclasses import dataclass

from connectwise.client import ConnectWiseClient
from connectwise.creation.writer import ConnectWiseCreation
from connectwise.credentials import Credentials
from connectwise.errors import RouteInvalid
from connectwise.routes import site_of
from connectwise.tenant import ConnectWiseTenant
from dataverse.psasync.records import Connector
from sync_core.errors import ConfigurationFault
from transport.limiter import RateLimiter
from transport.redaction import Secret
from transport.session import Timeouts, Transport
from triggers.settings import CREDENTIAL_PREFIX, Settings, read_credential


@dataclass(frozen=True, slots=True)
class _OpenTenant:
    client: ConnectWiseClient
    tenant: ConnectWiseTenant
    creation: ConnectWiseCreation


class Tenants:
    """One client a connector: its connections, its codebase and its budget of requests live as long as the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: dict[tuple[Connector, Secret], _OpenTenant] = {}
        self._transports: dict[tuple[str, str], Transport] = {}

    def tenant_of(self, connector: Connector) -> ConnectWiseTenant:
        """Return the push's view of the tenant of a connector."""
        return self._opened(connector).tenant

    def client_of(self, connector: Connector) -> ConnectWiseClient:
        """Return the client of the tenant of a connector."""
        return self._opened(connector).client

    def creation_of(self, connector: Connector) -> ConnectWiseCreation:
        """Return what creates records in the tenant of a connector."""
        return self._opened(connector).creation

    def fault_of_address(self, site_url: str) -> str | None:
        """Return why the app may not call this address, None when it may."""
        try:
            site_of(site_url, self._settings.connectwise_hosts)
        except RouteInvalid as invalid:
            return invalid.vendor_message
        return None

    def _opened(self, connector: Connector) -> "_OpenTenant":
        """Return what is open for a connector; keys are read anew, so changed ones take effect at once."""
        secret = read_credential(connector.credential_ref)
        if secret is None:
            raise ConfigurationFault(
                user_message=(
                    "The keys of this connector are not stored; ask an administrator to add the app setting "
                    f"{CREDENTIAL_PREFIX}{connector.credential_ref.upper()}."
                ),
                code="credential_missing",
            )
        with self._lock:
            opened = self._open.get((connector, secret))
            if opened is None:
                client = self._new_client(connector, secret)
                opened = _OpenTenant(client, ConnectWiseTenant(client), ConnectWiseCreation(client))
                self._open = {key: value for key, value in self._open.items() if key[0].id != connector.id}
                self._open[connector, secret] = opened
            return opened

    def _new_client(self, connector: Connector, secret: Secret) -> ConnectWiseClient:
        return ConnectWiseClient(
            site_url=connector.site_url,
            company=connector.company,
            credentials=_credentials(secret, connector.credential_ref),
            api_version=connector.api_version or self._settings.connectwise_api_version,
            transport=self._transport(connector),
            allowed_hosts=self._settings.connectwise_hosts,
        )

    def _transport(self, connector: Connector) -> Transport:
        """One budget a ConnectWise tenant, whatever connectors or keys lead to it."""
        settings = self._settings
        return self._transports.setdefault(
            (connector.site_url, connector.company),
            Transport(
                timeouts=Timeouts(
                    settings.connectwise_connect_timeout_seconds, settings.connectwise_read_timeout_seconds
                ),
                limiter=RateLimiter(
                    requests_per_minute=settings.connectwise_requests_per_minute,
                    in_flight=settings.connectwise_in_flight,
                ),
                pool_size=settings.connectwise_in_flight,
            ),
        )


def _credentials(secret: Secret, reference: str) -> Credentials:
    try:
        # no plain text in a variable: tools that report crashes collect them
        parts = {str(name): Secret(text) for name, text in json.loads(secret.reveal()).items()}
        return Credentials(parts["public_key"], parts["private_key"], parts["client_id"])
    except (ValueError, TypeError, KeyError, AttributeError):
        # The text holds keys, so neither it nor the parser's words about it go into the error.
        raise ConfigurationFault(
            user_message=(
                f"The app setting {CREDENTIAL_PREFIX}{reference.upper()} must be JSON with public_key, private_key and "
                "client_id; ask an administrator to correct it."
            ),
            code="credential_invalid",
        ) from None
