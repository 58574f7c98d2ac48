"""Bodies of the connector routes; keys are never part of one."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from connectwise.setup.records import Option
from dataverse.psasync.connectors.records import StoredConnector
from sync_core.connectors.checks import PropertyFault
from sync_core.connectors.connection import WRITES_UNTESTED, ConnectionTest
from sync_core.connectors.properties import ConnectorProperties
from sync_core.connectors.saving import ConnectorChange

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
SiteUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
CredentialRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,60}$")]
"""Part of the name of an app setting, so nothing but letters, digits and underscores."""
ApiVersion = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}\.[0-9]{1,2}$")]


class NewConnectorBody(BaseModel):
    """Body of `POST /connectors`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    site_url: SiteUrl
    company: Name
    credential_ref: CredentialRef
    api_version: ApiVersion | None = None


class ConnectorPatchBody(BaseModel):
    """Body of `PATCH /connectors/{connector_id}`: what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = ""
    site_url: SiteUrl = ""
    company: Name = ""
    credential_ref: CredentialRef = ""
    api_version: ApiVersion | None = None
    properties: dict[str, Any] | None = Field(default=None, max_length=100)
    version: Annotated[str, StringConstraints(max_length=100)] | None = None

    def change(self) -> ConnectorChange:
        """Return what the rules are asked to do."""
        given = self.model_dump(exclude_unset=True)
        properties, version = given.pop("properties", None), given.pop("version", None)
        return ConnectorChange(columns=given, properties=properties, version=version)


def connector_json(stored: StoredConnector) -> dict[str, Any]:
    """Return a connector as the API shows it; its properties are shown by the test of its connection only."""
    connector = stored.connector
    return {
        "id": connector.id,
        "name": connector.name,
        "site_url": connector.site_url,
        "company": connector.company,
        "credential_ref": connector.credential_ref,
        "api_version": connector.api_version,
        "version": stored.etag,
    }


def connection_json(test: ConnectionTest) -> dict[str, Any]:
    """Return the answer of a test; `properties` and their schema are null without a connection."""
    failure, tenant, properties = test.failure, test.tenant, test.properties
    return {
        "connected": failure is None,
        "code": None if failure is None else failure.code,
        "message": (
            failure.user_message if failure is not None else f"Connected to {tenant.name if tenant else 'ConnectWise'}."
        ),
        "tenant": None if tenant is None else {"name": tenant.name, "version": tenant.version},
        "role_problems": list(test.role_problems),
        "notes": [] if failure is not None else [WRITES_UNTESTED],
        "properties": None if properties is None else properties.model_dump(mode="json"),
        "property_problems": [fault_json(fault) for fault in test.property_faults],
        "property_schema": None if properties is None else ConnectorProperties.model_json_schema(),
    }


def fault_json(fault: PropertyFault) -> dict[str, str]:
    """Return what is wrong with one property."""
    return {"path": f"properties.{fault.path}", "message": fault.message}


def option_json(option: Option) -> dict[str, Any]:
    """Return one entry of a pick list."""
    return {
        "id": option.id,
        "name": option.name,
        "inactive": option.is_inactive,
        "category_id": option.parent_id,
    }
