"""POST, PUT, PATCH and DELETE of one record (connectwise.md 4)."""

from collections.abc import Mapping

from emulators.connectwise import custom_fields
from emulators.connectwise.bodies import parse_body, read_object
from emulators.connectwise.draft import Draft, check_required, fill_defaults, fill_from_body
from emulators.connectwise.errors import bad_field, invalid
from emulators.connectwise.errors import required as missing
from emulators.connectwise.patching import changes_of
from emulators.connectwise.resource import Resource
from emulators.connectwise.routes import Place
from emulators.connectwise.rows import AUDIT_COLUMNS, INVOICED_THRU, Row
from emulators.connectwise.schema import Kind, Model

# Columns that a PUT leaves alone: nobody can send them.
_KEPT_ON_PUT = ("id", *AUDIT_COLUMNS, INVOICED_THRU)


def create(resource: Resource, place: Place, body: bytes, version: tuple[int, int]) -> Row:
    """Store a new record from a body and return it; raises ApiError."""
    model = _model(resource, place)
    text, data = parse_body(body)
    given = read_object(model, text, data, version)
    draft = Draft(resource.collection, "POST", place.parent_id, given, {}, None)
    _complete(resource, draft, model.required)
    return resource.rules.stored(draft, resource.desk.add(resource.collection.path, draft.values))


def replace(resource: Resource, place: Place, row: Row, body: bytes, version: tuple[int, int]) -> Row:
    """Replace a record by a body, absent members by their defaults, and return it; raises ApiError."""
    text, data = parse_body(body)
    given = read_object(resource.collection.model, text, data, version)
    before = resource.table.values(row)
    computed = [m.name for m in resource.collection.model.members.values() if m.computed]
    kept = (*_KEPT_ON_PUT, *computed, *resource.rules.create_only)
    values = {name: value if name in kept else None for name, value in before.items()}
    draft = Draft(resource.collection, "PUT", place.parent_id, given, values, before)
    # the store has a default for these, yet an update must hold them
    draft.faults += [missing(name) for name in resource.rules.required_on_put if given.get(name) is None]
    _complete(resource, draft, resource.collection.model.required)
    return _store_change(resource, draft)


def patch(resource: Resource, place: Place, row: Row, body: bytes, version: tuple[int, int]) -> Row:
    """Change members of a record and return it; raises ApiError."""
    text, data = parse_body(body)
    model = resource.collection.model
    before = resource.table.values(row)
    arrays = {m.name: resource.arrays(row, m.name) for m in model.members.values() if m.kind is Kind.OBJECTS}
    given = changes_of(model, text, data, {**before, **arrays}, version)
    draft = Draft(resource.collection, "PATCH", place.parent_id, given, dict(before), before)
    _check_custom_fields_sent(resource, draft)
    if not given and not draft.faults:
        return row
    _complete(resource, draft, model.required)
    return _store_change(resource, draft)


def delete(resource: Resource, row_id: int, query: Mapping[str, str]) -> None:
    """Delete a record; raises ApiError 409 when others refer to it."""
    resource.rules.hand_over(row_id, query)
    resource.rules.remove(row_id)
    resource.desk.remove(resource.collection.path, row_id)


def _model(resource: Resource, place: Place) -> Model:
    return place.route.model or resource.collection.model


def _complete(resource: Resource, draft: Draft, required: tuple[str, ...]) -> None:
    resource.rules.prepare(draft)
    fill_from_body(resource.desk, draft)
    resource.rules.check(draft)
    fill_defaults(draft)
    check_required(draft, required)
    if draft.faults:
        raise invalid(resource.collection.resource, draft.faults)


def _store_change(resource: Resource, draft: Draft) -> Row:
    row = resource.desk.change(resource.collection.path, draft.row_id, draft.values)
    return resource.rules.stored(draft, row)


def _check_custom_fields_sent(resource: Resource, draft: Draft) -> None:
    switched_on = resource.desk.switches.board.custom_fields_in_every_patch
    name = resource.collection.model.name
    if switched_on and custom_fields.FIELD not in draft.given and custom_fields.definitions(resource.desk.store, name):
        message = "customFields must be part of every update."
        draft.faults.append(bad_field(custom_fields.FIELD, message))
