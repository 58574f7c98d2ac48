"""Bodies of the metadata API, as the provisioner of dataverse.md 12 writes them."""

from typing import Any

from tests.emulator.dataverse.harness import CRM


def label(text: str) -> dict[str, Any]:
    """Return a label as the provisioner of section 12 writes it."""
    localized = {"@odata.type": f"{CRM}LocalizedLabel", "Label": text, "LanguageCode": 1033}
    return {"@odata.type": f"{CRM}Label", "LocalizedLabels": [localized]}


def text_column(name: str, **members: Any) -> dict[str, Any]:
    """Return string attribute metadata."""
    return {
        "@odata.type": f"{CRM}StringAttributeMetadata",
        "SchemaName": name,
        "DisplayName": label(name),
        "MaxLength": 100,
        **members,
    }


TABLE = {
    "@odata.type": f"{CRM}EntityMetadata",
    "SchemaName": "psa_Mapping",
    "DisplayName": label("Mapping"),
    "DisplayCollectionName": label("Mappings"),
    "OwnershipType": "UserOwned",
    "IsActivity": False,
    "HasActivities": False,
    "HasNotes": False,
    "ChangeTrackingEnabled": True,
    "Attributes": [text_column("psa_Name", IsPrimaryName=True, FormatName={"Value": "Text"})],
}
NAME = text_column("psa_A", IsPrimaryName=True)
MAPPING = "EntityDefinitions(LogicalName='psa_mapping')"
