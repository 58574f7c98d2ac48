"""Labels and managed properties as metadata shows and takes them."""

from typing import Any, Final

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
    labels = [item for item in document.get("LocalizedLabels") or [] if isinstance(item, dict)]
    own = [item for item in labels if item.get("LanguageCode") == LANGUAGE] or labels
    text = own[0].get("Label") if own else None
    return text if isinstance(text, str) else None


def managed(value: Any, name: str = "") -> dict[str, Any]:
    """Return a managed property."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def type_name(name: str) -> str:
    """Return the value of `@odata.type` for a metadata class."""
    return f"#{_CRM}{name}"
