"""From path and method to the operation that answers (dataverse.md 2)."""

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from emulators.dataverse import bulk, errors, reading, service, writing
from emulators.dataverse.environment import Environment
from emulators.dataverse.model import OneToMany, Table
from emulators.dataverse.paths import RowAddress, Segment, check_length, read_address, read_segments
from emulators.dataverse.web import Request, Response

_CRM: Final = "Microsoft.Dynamics.CRM."
_COLLECTION_ACTIONS: Final[dict[str, Callable[[Environment, Request, Table], Response]]] = {
    "CreateMultiple": bulk.create_multiple,
    "UpdateMultiple": bulk.update_multiple,
    "UpsertMultiple": bulk.upsert_multiple,
}


def answer(environment: Environment, request: Request) -> Response:
    """Answer one request; raises DataverseError."""
    if request.method == "GET":
        check_length(request.url, in_batch=request.in_batch)
    if request.path == "":
        return _only(request, "GET", lambda: service.service_document(environment, request))
    first, *rest = read_segments(request.path)
    table = environment.schema.by_set.get(first.name)
    if table is not None:
        if first.arguments is None:
            return _collection(environment, request, table, rest)
        aliases = {name: value for name, value in request.query if name.startswith("@")}
        return _row(environment, request, read_address(table, first.arguments, aliases), rest)
    return _unbound(environment, request, first, rest)


def _unbound(environment: Environment, request: Request, first: Segment, rest: list[Segment]) -> Response:
    name = first.name.removeprefix(_CRM)
    if name in service.FUNCTIONS and not rest:
        if request.method != "GET":
            raise errors.no_resource(unquote(request.url))
        return service.FUNCTIONS[name](environment, request, first)
    if name in service.ACTIONS and not rest:
        if request.method != "POST":
            raise errors.no_resource(unquote(request.url))
        return service.ACTIONS[name](environment, request, first)
    if name in service.NOT_EMULATED:
        raise errors.not_emulated(name)
    raise errors.segment_not_found(first.name)


def _collection(environment: Environment, request: Request, table: Table, rest: list[Segment]) -> Response:
    match rest:
        case [] if request.method == "GET":
            return reading.get_collection(environment, request, table)
        case [] if request.method == "POST" and not table.is_intersect:
            return writing.create(environment, request, table)
        case [Segment(name="$count", arguments=None)]:
            return _only(request, "GET", lambda: reading.get_count(environment, request, table))
        case [Segment(name=name)] if name.startswith(_CRM):
            return _collection_action(environment, request, table, name.removeprefix(_CRM))
        case []:
            raise errors.wrong_method(request.method)
    raise errors.segment_not_found(rest[0].name)


def _collection_action(environment: Environment, request: Request, table: Table, name: str) -> Response:
    action = _COLLECTION_ACTIONS.get(name)
    if name == "DeleteMultiple" and request.method == "POST":
        return bulk.delete_multiple(table)
    if action is None or not table.has_bulk_messages:
        raise errors.segment_not_found(f"{_CRM}{name}")
    if request.method != "POST":
        raise errors.no_resource(unquote(request.url))
    return action(environment, request, table)


def _row(environment: Environment, request: Request, address: RowAddress, rest: list[Segment]) -> Response:
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
    raise errors.segment_not_found(name)


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
    return _row(environment, request, RowAddress(target, row_id, text=row_id), rest)


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


def _only(request: Request, method: str, run: Callable[[], Response]) -> Response:
    if request.method != method:
        raise errors.wrong_method(request.method)
    return run()
