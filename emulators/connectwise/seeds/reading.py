"""From a seed document to typed records."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.connectwise.bodies import typed_members
from emulators.connectwise.custom_fields import FIELD
from emulators.connectwise.resources import Collection, collections
from emulators.connectwise.rows import AUDIT_COLUMNS, INVOICED_THRU
from emulators.connectwise.schema import model
from emulators.control_plane import SeedError

OWN_MEMBER = "_emulator"  # member of a seeded record for what no answer shows
_NESTED_KEY = re.compile(r"(?P<head>.+?)/(?P<parent>\d+)/(?P<tail>\w+)")


@dataclass(slots=True)
class SeedRecord:
    """One record on its way into the store; `row_id` is 0 until one is given out, `kept` are columns as they are."""

    where: str
    collection: Collection
    row_id: int
    given: dict[str, Any]
    kept: dict[str, Any]


def read_document(document: Mapping[str, Any]) -> Iterator[SeedRecord]:
    """Yield the records of a seed; raises SeedError."""
    for key, records in document.items():
        collection, parent_id = _collection_of(key)
        if not isinstance(records, list):
            raise SeedError(f"{key}: a list of records is expected")
        for number, record in enumerate(records):
            yield _read(f"{key}[{number}]", collection, parent_id, record)


def _collection_of(key: str) -> tuple[Collection, int | None]:
    path = f"/{key.strip('/')}"
    known = collections()
    if path in known and "{" not in path:
        return known[path], None
    nested = _NESTED_KEY.fullmatch(path)
    if nested:
        template = f"{nested['head']}/{{parentId}}/{nested['tail']}"
        if template in known:
            return known[template], int(nested["parent"])
    raise SeedError(f"{key}: no such collection")


def _read(where: str, collection: Collection, parent_id: int | None, record: Any) -> SeedRecord:
    if not isinstance(record, Mapping):
        raise SeedError(f"{where}: a record is expected")
    plain = {name: value for name, value in record.items() if name not in ("_info", OWN_MEMBER)}
    if FIELD in plain:
        plain[FIELD] = _without_observed(plain[FIELD])
    try:
        given = typed_members(collection.model, plain)
    except ValueError as error:
        raise SeedError(f"{where}.{error}") from None
    kept = _audit(record.get("_info"))
    invoiced = (record.get(OWN_MEMBER) or {}).get(INVOICED_THRU)
    if invoiced is not None:
        kept[INVOICED_THRU] = invoiced
    if parent_id is not None:
        named = given.pop(collection.parent, None)
        named_id = named.get("id") if isinstance(named, Mapping) else named
        if named_id not in (None, parent_id):
            raise SeedError(f"{where}.{collection.parent}: {named_id} is not the parent in the path")
        kept[collection.parent] = parent_id
    return SeedRecord(where, collection, given.pop("id", 0), given, kept)


def _audit(info: Any) -> dict[str, Any]:
    known = info if isinstance(info, Mapping) else {}
    return {name: known[name] for name in AUDIT_COLUMNS if isinstance(known.get(name), str)}


def _without_observed(elements: Any) -> Any:
    """Return custom fields without the members that only answers have."""
    if not isinstance(elements, list):
        return elements
    observed = {member.name for member in model("CustomFieldValue").members.values() if member.observed_only}
    return [
        {name: value for name, value in element.items() if name not in observed}
        if isinstance(element, Mapping)
        else element
        for element in elements
    ]
