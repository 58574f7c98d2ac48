"""The JSON text of a connector's properties."""

import json
from typing import Any

from pydantic import ValidationError

from sync_core.connectors.checks import CheckedProperties, PropertyFault
from sync_core.connectors.properties import ConnectorProperties


def members_of(text: str | None) -> dict[str, Any]:
    """Return the known members of a stored text; whatever is no JSON object counts as empty."""
    try:
        document = json.loads(text or "{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return {}
    return {name: value for name, value in document.items() if name in ConnectorProperties.model_fields}


def read_properties(text: str | None) -> CheckedProperties:
    """Return the stored properties; a member that is not valid is reported and shown at its default."""
    members = members_of(text)
    faults: list[PropertyFault] = []
    while True:
        try:
            return CheckedProperties(ConnectorProperties.model_validate(members), faults)
        except ValidationError as invalid:
            for name in {str(entry["loc"][0]) for entry in invalid.errors()}:
                del members[name]
                faults.append(PropertyFault(name, "The stored value is not valid; choose another one and save."))
