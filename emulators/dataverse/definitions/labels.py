"""Labels and managed properties as metadata shows and takes them."""

from typing import Any, Final

from emulators.dataverse.errors import invalid_argument

LANGUAGE: Final = 1033
_CRM: Final = "Microsoft.Dynamics.CRM."


def label(text: str) -> dict[str, Any]:
    """Return a label in the organization's one language; without text it is empty."""
    if not text:
        return {"LocalizedLabels": [], "UserLocalizedLabel": None}
    localized = {"Label": text, "LanguageCode": LANGUAGE, "IsManaged": False, "HasChanged": None}
    return {"LocalizedLabels": [localized], "UserLocalizedLabel": localized}


def label_text(document: Any) -> str | None:
    """Return the text of a label in a body: the organization's language, else the first; None when there is none."""
    if not isinstance(document, dict):
        return None
    found = document.get("LocalizedLabels")
    labels = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    own = [item for item in labels if item.get("LanguageCode") == LANGUAGE] or labels
    text = own[0].get("Label") if own else None
    return text if isinstance(text, str) else None


def managed(value: Any, name: str = "") -> dict[str, Any]:
    """Return a managed property."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def type_name(name: str) -> str:
    """Return the value of `@odata.type` for a metadata class."""
    return f"#{_CRM}{name}"


def inner(document: Any, name: str) -> dict[str, Any]:
    """Return the object under `name` of a body, an empty one when there is none."""
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list in a body; raises DataverseError 400 for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid_argument("A list of objects was expected in the request body.")
    return value
