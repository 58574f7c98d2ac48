"""References of a seed: by id, identifier or name, to records of the store or of the seed itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.connectwise import custom_fields
from emulators.connectwise.desk import Desk
from emulators.connectwise.resources import (
    ADDITIONS,
    COMMUNICATION_TYPES,
    SITES,
    TARGETS,
    USER_DEFINED_FIELDS,
    collections,
)
from emulators.connectwise.rules.contacts import kinds_of, stored_item
from emulators.connectwise.schema import Kind, Member
from emulators.connectwise.seeds.reading import SeedRecord
from emulators.control_plane import SeedError

# Computed members that a seed may fix all the same.
_KEPT_COMPUTED = ("agreementStatus", "nextInvoiceDate", "dateDeleted", "deletedBy", "memberId", "connectWiseID")


class Resolution:
    """Knows which ids and names exist once the seed is loaded."""

    def __init__(self, desk: Desk, records: Sequence[SeedRecord]) -> None:
        self._desk = desk
        self._store = desk.store
        self._seeded: dict[str, set[int]] = defaultdict(set)
        self._named: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self.adopted: list[tuple[str, dict[str, Any]]] = []
        # records without an id get theirs last, behind all ids that the document names
        for record in sorted(records, key=lambda record: record.row_id == 0):
            self._note(record)
        for record in records:
            self._check_parent(record)

    def resolve(self, record: SeedRecord) -> None:
        """Replace what the record says by what its columns hold; raises SeedError."""
        given = record.given
        for name, value in tuple(given.items()):
            member = record.collection.model.members[name]
            if value is None or (member.computed and name not in _KEPT_COMPUTED):
                del given[name]
            else:
                given[name] = self._stored(record, member, value)
        if record.collection.path == ADDITIONS and given.get("product") is None:
            raise SeedError(f"{record.where}.product: an addition needs a product")

    def _note(self, record: SeedRecord) -> None:
        path = record.collection.path
        table = self._store[path]
        if not record.row_id:
            record.row_id = self._store.take_id(path)
        elif record.row_id in self._seeded[path]:
            raise SeedError(f"{record.where}.id: {record.row_id} is there twice")
        table.next_id = max(table.next_id, record.row_id + 1)
        self._seeded[path].add(record.row_id)
        for name in ("identifier", "name"):
            text = record.given.get(name)
            if text:
                self._named[path, name].setdefault(text.lower(), record.row_id)

    def _check_parent(self, record: SeedRecord) -> None:
        parent_id = record.kept.get(record.collection.parent)
        if parent_id is not None and not self._exists(record.collection.parent_collection, parent_id):
            noun = collections()[record.collection.parent_collection].noun
            raise SeedError(f"{record.where}: {noun} {parent_id} not found")

    def _exists(self, path: str, row_id: int) -> bool:
        return row_id in self._seeded[path] or row_id in self._store[path].rows

    def _stored(self, record: SeedRecord, member: Member, value: Any) -> Any:
        where = f"{record.where}.{member.name}"
        if member.kind is Kind.REFERENCE:
            return self._reference(where, member, value)
        if member.kind is not Kind.OBJECTS:
            return value
        if member.model in TARGETS:
            found = [self._reference(f"{where}[{number}]", member, each) for number, each in enumerate(value)]
            return tuple(row_id for row_id in found if row_id is not None)
        if member.name == custom_fields.FIELD:
            return self._custom_values(record.collection.model.name, value)
        return tuple(self._item(f"{where}[{number}]", each) for number, each in enumerate(value))

    def _reference(self, where: str, member: Member, reference: Mapping[str, Any]) -> int | None:
        path = TARGETS[member.model]
        row_id = reference.get("id")
        if row_id is not None:
            if not self._exists(path, row_id):
                self._adopt(where, path, reference)
            return int(row_id)
        for name in ("identifier", "name"):
            wanted = reference.get(name)
            found = self._find(path, name, wanted) if wanted else None
            if found is not None:
                return found
        if not reference or path == SITES:  # a site that a company only names becomes a row of its own
            return None
        raise SeedError(f"{where}: no {collections()[path].noun} is called like that")

    def _find(self, path: str, name: str, wanted: str) -> int | None:
        found = self._named[path, name].get(wanted.lower())
        table = self._store[path]
        return table.lookup(name, wanted) if found is None and name in table.at else found

    def _adopt(self, where: str, path: str, reference: Mapping[str, Any]) -> None:
        """Take a reference to a list that the API does not serve as the record itself: nothing else can hold it."""
        collection = collections()[path]
        row_id = reference["id"]
        if (collection.served and path != SITES) or len(reference) < 2:
            raise SeedError(f"{where}/id: {collection.noun} {row_id} not found")
        self._seeded[path].add(row_id)
        if not collection.served:
            self.adopted.append((path, dict(reference)))

    def _item(self, where: str, item: Mapping[str, Any]) -> dict[str, Any]:
        types = self._store[COMMUNICATION_TYPES]
        reference = item.get("type") or {}
        type_id = reference.get("id") or types.lookup("description", reference.get("name") or "")
        if type_id not in types.rows:
            raise SeedError(f"{where}.type: no such CommunicationType")
        kind = item.get("communicationType") or kinds_of(types, type_id)[0]
        return stored_item(self._desk, item, type_id, kind)

    def _custom_values(self, model_name: str, elements: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        table = self._store[USER_DEFINED_FIELDS]
        for element in elements:
            if element.get("id") not in table.rows and element.get("caption"):
                field_id = element.get("id") or self._store.take_id(USER_DEFINED_FIELDS)
                definition = {**element, "id": field_id, "object": model_name}
                self._store.put(USER_DEFINED_FIELDS, table.make(definition))
        values, _ = custom_fields.merge(self._store, model_name, None, elements)
        return values or None
