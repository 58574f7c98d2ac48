"""A record on its way into the store, and the checks that follow from its model alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulators.connectwise import custom_fields
from emulators.connectwise.defaults import defaults_of
from emulators.connectwise.desk import Desk
from emulators.connectwise.errors import Fault, bad_field, missing_reference, required, too_long
from emulators.connectwise.resources import TARGETS, Collection
from emulators.connectwise.schema import Kind, Member


@dataclass(slots=True)
class Draft:
    """One write: `given` are the typed members of the body, `values` the columns the row will have."""

    collection: Collection
    verb: str
    parent_id: int | None
    given: dict[str, Any]
    values: dict[str, Any]
    before: Mapping[str, Any] | None
    faults: list[Fault] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def row_id(self) -> int:
        """Id of the row that changes; 0 for a new one."""
        return 0 if self.before is None else self.before["id"]

    def changed(self, *names: str) -> bool:
        """Tell whether one of the columns gets another value than it had."""
        before = self.before or {}
        return any(self.values.get(name) != before.get(name) for name in names)


def utf16_length(text: str) -> int:
    """Return the length by which caps are counted (connectwise.md 9)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def fill_from_body(desk: Desk, draft: Draft) -> None:
    """Move the members of the body into the columns, with caps, choices and references checked."""
    members = draft.collection.model.members
    for name, value in draft.given.items():
        member = members[name]
        # computed members and the id are ignored: answers of the API can be sent back as they are
        if not (member.computed or name == "id" or member.kind is Kind.INFO):
            draft.values[name] = _stored(desk, draft, member, value)


def _stored(desk: Desk, draft: Draft, member: Member, value: Any) -> Any:
    if value is None:
        return defaults_of(draft.collection.model.name).get(member.name)
    match member.kind:
        case Kind.REFERENCE:
            row_id, fault = desk.references.resolve(member, value, member.name)
            draft.faults.extend([fault] if fault else [])
            return row_id
        case Kind.OBJECTS:
            return _stored_objects(desk, draft, member, value)
        case Kind.ENUM if value not in member.choices:
            allowed = ", ".join(member.choices)
            draft.faults.append(bad_field(member.name, f"{member.name} must be one of: {allowed}."))
        case Kind.TEXT if member.max_length is not None and utf16_length(value) > member.max_length:
            draft.faults.append(too_long(member.name, member.max_length))
    return value


def _stored_objects(desk: Desk, draft: Draft, member: Member, value: Sequence[Mapping[str, Any]]) -> Any:
    if member.name == custom_fields.FIELD:
        current = None if draft.before is None else draft.before[custom_fields.FIELD]
        values, faults = custom_fields.merge(desk.store, draft.collection.model.name, current, value)
        draft.faults.extend(faults)
        return values or None
    if member.model in TARGETS:
        return resolve_all(desk, draft, member, value)
    return value


def resolve_all(desk: Desk, draft: Draft, member: Member, references: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the ids that an array of references means; missing records become faults."""
    ids: dict[int, None] = {}
    for reference in references:
        row_id, fault = desk.references.resolve(member, reference, member.name)
        if fault:
            draft.faults.append(fault)
        elif row_id is None:
            draft.faults.append(missing_reference(member.name, f"{member.name} has an empty reference"))
        else:
            ids[row_id] = None
    return tuple(ids)


def fill_defaults(draft: Draft) -> None:
    """Give every column that is still empty the default of its model."""
    for name, value in defaults_of(draft.collection.model.name).items():
        if draft.values.get(name) is None:
            draft.values[name] = value


def check_required(draft: Draft, names: Sequence[str]) -> None:
    """Add a fault for each member that must have a value and has none."""
    faulty = {fault.field.split("/")[0] for fault in draft.faults}
    for name in names:
        value = draft.values.get(name)
        if name not in faulty and (value is None or (isinstance(value, str) and not value.strip())):
            draft.faults.append(required(name))
