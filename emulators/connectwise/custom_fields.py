"""Custom fields: definitions per object, values per row (connectwise.md 4.2 and 9.6)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.connectwise.errors import Fault, bad_field, missing_reference
from emulators.connectwise.resources import USER_DEFINED_FIELDS
from emulators.connectwise.store import Store

FIELD = "customFields"
_NAMESPACE = uuid.UUID("6f0cb1a5-5a3e-4f0e-9a5f-3f1d6c0b7e11")
_TEXTUAL = ("Text", "TextArea", "Hyperlink", "IPAddress", "Password", "Date", "Button")


def merge(
    store: Store, model_name: str, current: Mapping[str, Any] | None, given: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values by field id after a write, and what is wrong with the write.

    An element that the body leaves out keeps its value (connectwise.md 4.2).
    """
    values = dict(current or {})
    faults = []
    for element in given:
        definition = _definition(store, model_name, element)
        if definition is None:
            shown = element.get("id", element.get("caption"))
            faults.append(missing_reference(FIELD, f"CustomField {shown} not found"))
            continue
        value = element.get("value")
        if not _fits(definition["type"], value):
            faults.append(bad_field(FIELD, f"{definition['caption']} cannot hold this value"))
        values[str(definition["id"])] = value
    return {key: value for key, value in values.items() if value is not None}, faults


def show(store: Store, model_name: str, values: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the custom fields of one row as an answer shows them, the observed extras included."""
    return [
        {
            "id": definition["id"],
            "caption": definition["caption"],
            "type": definition["type"] or "Text",
            "entryMethod": definition["entryMethod"] or "EntryField",
            "numberOfDecimals": definition["numberOfDecimals"] or 0,
            "value": (values or {}).get(str(definition["id"])),
            "connectWiseId": str(uuid.uuid5(_NAMESPACE, str(definition["id"]))),
            "rowNum": number,
            "userDefinedFieldRecId": definition["id"],
            "podId": definition["podId"] or f"{model_name.lower()}_overview",
        }
        for number, definition in enumerate(definitions(store, model_name), 1)
    ]


def definitions(store: Store, model_name: str) -> list[dict[str, Any]]:
    """Return the custom fields that an object has."""
    table = store[USER_DEFINED_FIELDS]
    position = table.at["object"]
    return [table.values(table.rows[i]) for i in table.ids if table.rows[i][position] == model_name]


def _definition(store: Store, model_name: str, element: Mapping[str, Any]) -> dict[str, Any] | None:
    for definition in definitions(store, model_name):
        if element.get("id") == definition["id"]:
            return definition
        if element.get("id") is None and element.get("caption") == definition["caption"]:
            return definition
    return None


def _fits(field_type: str | None, value: Any) -> bool:
    if value is None:
        return True
    if field_type == "Checkbox":
        return isinstance(value, bool)
    if field_type in ("Number", "Currency", "Percent"):
        return not isinstance(value, bool | str | list | dict)
    return isinstance(value, str) if field_type in (None, *_TEXTUAL) else True
