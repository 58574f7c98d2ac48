"""`psasync_connector` as rows of the Web API."""

from typing import Any

from dataverse import values
from dataverse.odata import Query, row_address
from dataverse.psasync.records import Connector, ConnectorId
from dataverse.values import Row

CONNECTORS = "psasync_connectors"

COLUMNS = (
    "psasync_connectorid",
    "psasync_name",
    "psasync_siteurl",
    "psasync_company",
    "psasync_credentialref",
    "psasync_apiversion",
    "psasync_properties",
)


def connector_from(row: Row) -> Connector:
    """Return the record of a row that holds `COLUMNS`."""
    return Connector(
        id=ConnectorId(values.required(values.guid(row, "psasync_connectorid"), "psasync_connectorid")),
        name=values.text(row, "psasync_name") or "",
        site_url=values.text(row, "psasync_siteurl") or "",
        company=values.text(row, "psasync_company") or "",
        credential_ref=values.text(row, "psasync_credentialref") or "",
        api_version=values.text(row, "psasync_apiversion"),
        properties=values.text(row, "psasync_properties"),
    )


def connector_body(connector: Connector) -> dict[str, Any]:
    """Return all columns but the key."""
    return {
        "psasync_name": connector.name,
        "psasync_siteurl": connector.site_url,
        "psasync_company": connector.company,
        "psasync_credentialref": connector.credential_ref,
        "psasync_apiversion": connector.api_version,
        "psasync_properties": connector.properties,
    }


def connector_address(connector_id: ConnectorId) -> str:
    """Return the address of one row with `COLUMNS` selected."""
    return Query(row_address(CONNECTORS, connector_id), select=COLUMNS).address()
