"""The launcher as a client of the emulators: seeds, connectors, the application user's token."""

from collections.abc import Mapping
from typing import Any

import requests

from emulators.control_plane import wire
from emulators.stack.identifiers import CONNECTOR_ID, IDENTITY_HEADER

_SECONDS = 300
_API = "/api/data/v9.2"
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


class Refused(Exception):
    """An emulator refused what the launcher asked for; the text says what."""


class EmulatorClient:
    """Requests to the emulators, past any proxy; `authority` is the PEM file of the throw-away authority."""

    def __init__(self, authority: str | None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = authority or True

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def replace_rows(self, name: str, address: str, document: Mapping[str, Any]) -> None:
        """Empty an emulator and load a seed; raises Refused."""
        self._send("POST", f"{address}/_emulator/reset", what=f"resetting {name}")
        headers = {"Content-Type": "application/json"}
        body = wire.dump(document)
        self._send("POST", f"{address}/_emulator/seed", what=f"seeding {name}", data=body, headers=headers)

    def identity_token(self, entra: str, resource: str) -> str:
        """Return a token of the managed identity, which Entra ID lets live for 24 hours; raises Refused."""
        query = {"api-version": "2019-08-01", "resource": resource}
        headers = {"X-IDENTITY-HEADER": IDENTITY_HEADER}
        answer = self._send("GET", f"{entra}/msi/token", what="asking for a token", params=query, headers=headers)
        return str(answer.json()["access_token"])

    def point_connectors(self, dataverse: str, token: str, connectwise: str) -> str:
        """Let every connector to this machine point to `connectwise`, make the default one if there is none.

        Returns the id of the default connector, else of the first. Raises Refused.
        """
        bearer = {"Authorization": f"Bearer {token}"}
        url = f"{dataverse}{_API}/psasync_connectors"
        query = {"$select": "psasync_connectorid,psasync_siteurl", "$orderby": "psasync_connectorid"}
        found = self._send("GET", url, what="reading connectors", params=query, headers=bearer).json()["value"]
        ids = [str(row["psasync_connectorid"]) for row in found]
        for row in found:
            site = row.get("psasync_siteurl") or ""
            if not site or (site.startswith(_LOOPBACK) and site != connectwise):
                change = {"psasync_siteurl": connectwise}
                row_url = f"{url}({row['psasync_connectorid']})"
                self._send("PATCH", row_url, what="pointing a connector", json=change, headers=bearer)
        if not ids:
            row = {
                "psasync_name": "ConnectWise",
                "psasync_siteurl": connectwise,
                "psasync_company": "contoso",
                "psasync_credentialref": "CONTOSO",
            }
            self._send("PATCH", f"{url}({CONNECTOR_ID})", what="making the connector", json=row, headers=bearer)
            ids = [CONNECTOR_ID]
        return CONNECTOR_ID if CONNECTOR_ID in ids else ids[0]

    def _send(self, method: str, url: str, *, what: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, url, timeout=_SECONDS, **options)
        except requests.RequestException as error:
            raise Refused(f"{what}: {error}") from error
        if answer.status_code >= 400:
            raise Refused(f"{what}: {answer.status_code} {answer.text[:500]}")
        return answer
