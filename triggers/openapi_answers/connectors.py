"""Answers of the connector screens."""

from typing import Any
from uuid import UUID

from sync_core.connectors.properties import ConnectorProperties
from triggers.openapi_answers.shared import Answer


class ConnectorAnswer(Answer):
    """A connector without its keys, which are never shown; `version` changes with every save."""

    id: UUID
    name: str
    site_url: str
    company: str
    credential_ref: str
    api_version: str | None
    version: str


class ConnectorsAnswer(Answer):
    """All connectors by name."""

    items: list[ConnectorAnswer]


class TenantAnswer(Answer):
    """The ConnectWise tenant that answered."""

    name: str
    version: str | None


class PropertyProblem(Answer):
    """What no longer holds of one property."""

    path: str
    message: str


class ConnectionAnswer(Answer):
    """A test of a connection; without one `code` and `message` say why, and `properties` is null."""

    connected: bool
    code: str | None
    message: str
    tenant: TenantAnswer | None
    role_problems: list[str]
    notes: list[str]
    properties: ConnectorProperties | None
    property_problems: list[PropertyProblem]
    property_schema: dict[str, Any] | None


class PickListEntry(Answer):
    """One entry of a pick list; `category_id` belongs to product subcategories."""

    id: int
    name: str
    inactive: bool
    category_id: int | None


class PickListAnswer(Answer):
    """A pick list as ConnectWise has it now."""

    items: list[PickListEntry]
