"""Routes below an entity set."""

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from emulators.dataverse import actions, bulk, errors, reading, writing
from emulators.dataverse.environment import Environment
from emulators.dataverse.hooks import custom_api
from emulators.dataverse.model import OneToMany, Table
from emulators.dataverse.paths import RowAddress, Segment
from emulators.dataverse.web import Request, Response

_CRM: Final = "Microsoft.Dynamics.CRM."
_COLLECTION_ACTIONS: Final[dict[str, Callable[[Environment, Request, Table], Response]]] = {
    "CreateMultiple": bulk.create_multiple,
    "UpdateMultiple": bulk.update_multiple,
    "UpsertMultiple": bulk.upsert_multiple,
}


def answer_collection(environment: Environment, request: Request, table: Table, rest: list[Segment]) -> Response:
    """Answer a request on an entity set or below it; raises DataverseError."""
    match rest:
        case [] if request.method == "GET":
            return reading.get_collection(environment, request, table)
        case [] if request.method == "POST" and not table.is_intersect:
            return writing.create(environment, request, table)
        case [Segment(name="$count", arguments=None)]:
            if request.method != "GET":
                raise errors.wrong_method(request.method)
            return reading.get_count(environment, request, table)
        case [Segment(name=name)] if name.startswith(_CRM):
            return _collection_action(environment, request, table, name.removeprefix(_CRM))
        case []:
            raise errors.wrong_method(request.method)
    raise errors.segment_not_found(rest[0].name)


def _collection_action(environment: Environment, request: Request, table: Table, name: str) -> Response:
    api = custom_api.find(environment, name, custom_api.COLLECTION)
    if api is not None:
        return custom_api.run(environment, request, api, table)
    action = _COLLECTION_ACTIONS.get(name)
    if name == "DeleteMultiple" and request.method == "POST":
        return bulk.delete_multiple(table)
    if action is None or not table.has_bulk_messages:
        raise errors.segment_not_found(f"{_CRM}{name}")
    if request.method != "POST":
        raise errors.no_resource(unquote(request.url))
    return action(environment, request, table)


def answer_row(environment: Environment, request: Request, address: RowAddress, rest: list[Segment]) -> Response:
    """Answer a request on a row or below it; raises DataverseError."""
    if not rest:
        match request.method:
            case "GET":
                return reading.get_row(environment, request, address)
            case "PATCH":
                return writing.patch(environment, request, address)
            case "DELETE":
                return writing.delete(environment, request, address)
        raise errors.wrong_method(request.method)
    name = rest[0].name
    table = address.table
    if name in table.lookups:
        return _lookup(environment, request, address, table.lookups[name], rest)
    if name in table.collections:
        return _related(environment, request, address, rest)
    if name in table.properties and table.properties[name].for_read:
        return _column(environment, request, address, rest)
    if name.startswith(_CRM) and len(rest) == 1:
        return _row_action(environment, request, address, name.removeprefix(_CRM))
    raise errors.segment_not_found(name)


def _row_action(environment: Environment, request: Request, address: RowAddress, name: str) -> Response:
    row = reading.required_row(environment, request, address)
    if address.table.logical_name == "role" and name in actions.ROLE_ACTIONS and request.method == "POST":
        return actions.ROLE_ACTIONS[name](environment, request, row)
    api = custom_api.find(environment, name, custom_api.ENTITY)
    if api is None:
        raise errors.segment_not_found(f"{_CRM}{name}")
    return custom_api.run(environment, request, api, address.table, row[address.table.primary_id])


def _column(environment: Environment, request: Request, address: RowAddress, rest: list[Segment]) -> Response:
    column = address.table.properties[rest[0].name]
    match [segment.name for segment in rest[1:]], request.method:
        case [], "GET":
            return reading.get_column(environment, request, address, column)
        case ["$value"], "GET":
            return reading.get_raw_column(environment, request, address, column)
        case [], "PUT":
            return writing.put_column(environment, request, address, column)
        case [], "DELETE":
            return writing.clear_column(environment, request, address, column)
    if len(rest) > 1:
        raise errors.segment_not_found(rest[1].name)
    raise errors.wrong_method(request.method)


def _lookup(
    environment: Environment, request: Request, address: RowAddress, relationship: OneToMany, rest: list[Segment]
) -> Response:
    match [segment.name for segment in rest[1:]], request.method:
        case [], "GET":
            return reading.get_related_row(environment, request, address, relationship, reference=False)
        case ["$ref"], "GET":
            return reading.get_related_row(environment, request, address, relationship, reference=True)
        case ["$ref"], "PUT":
            return writing.set_reference(environment, request, address, relationship)
        case ["$ref"], "DELETE":
            return writing.clear_reference(environment, request, address, relationship)
        case [] | ["$ref"], _:
            raise errors.wrong_method(request.method)
    return _behind_lookup(environment, request, address, relationship, rest[1:])


def _behind_lookup(
    environment: Environment, request: Request, address: RowAddress, relationship: OneToMany, rest: list[Segment]
) -> Response:
    """Go on from the row that a lookup names, as in `accounts(<id>)/primarycontactid/fullname`."""
    row = reading.required_row(environment, request, address)
    related = environment.scope(request.caller).follow(relationship)(row)
    target = environment.table(relationship.referenced_table)
    if related is None:
        raise errors.not_found(target.logical_name, "")
    row_id = related[target.primary_id]
    return answer_row(environment, request, RowAddress(target, row_id, text=row_id), rest)


def _related(environment: Environment, request: Request, address: RowAddress, rest: list[Segment]) -> Response:
    navigation = address.table.collections[rest[0].name]
    key = rest[0].arguments
    match [segment.name for segment in rest[1:]], request.method:
        case [], "GET" if key is None:
            return reading.get_related_rows(environment, request, address, navigation)
        case ["$ref"], "GET" if key is None:
            return reading.get_related_rows(environment, request, address, navigation, reference=True)
        case ["$count"], "GET" if key is None:
            return reading.get_related_rows(environment, request, address, navigation, count=True)
        case ["$ref"], "POST" if key is None:
            return writing.add_reference(environment, request, address, navigation)
        case ["$ref"], "DELETE":
            text = key or dict(request.query).get("$id")
            if text is None:
                raise errors.query_syntax("The query option $id is missing.")
            return writing.remove_reference(environment, request, address, navigation, text)
    raise errors.wrong_method(request.method)
