"""POST, PATCH, PUT and DELETE on rows, columns and references, with ETags and upsert (dataverse.md 2, 5, 6)."""

import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from emulators.dataverse import errors
from emulators.dataverse.answers import etag
from emulators.dataverse.definitions import solution_parts
from emulators.dataverse.environment import Environment
from emulators.dataverse.model import CollectionNavigation, Column, OneToMany, Table
from emulators.dataverse.odata.options import read_options
from emulators.dataverse.operations import Operations
from emulators.dataverse.paths import RowAddress
from emulators.dataverse.payloads import BodyReader
from emulators.dataverse.reading import find_row, missing, required_row, shown_row
from emulators.dataverse.rows import Row
from emulators.dataverse.web import Request, Response

_ETAG: Final = re.compile(r'W/"\d+"')
_WRITE_OPTIONS: Final = frozenset({"$select", "$expand"})


def create(environment: Environment, request: Request, table: Table) -> Response:
    """Answer POST on an entity set."""
    document = request.document(table.set_name)
    row_id = _operations(environment, request).create(table, document)
    if table.logical_name in solution_parts.ROW_COMPONENTS:
        solution_parts.add(environment, request, solution_parts.ROW_COMPONENTS[table.logical_name], row_id)
    return _written(environment, request, table, row_id, HTTPStatus.CREATED)


def patch(environment: Environment, request: Request, address: RowAddress) -> Response:
    """Answer PATCH on a row: an update, or a create when the row is missing and no condition forbids it."""
    table = address.table
    before = find_row(environment, address)
    check_conditions(request, table, before, missing(address))
    document = request.document(table.set_name)
    operations = _operations(environment, request)
    if before is not None:
        row_id: str = before[table.primary_id]
        dropped = frozenset(address.key.columns) if address.key is not None else frozenset[str]()
        operations.update(table, row_id, document, dropped)
        return _written(environment, request, table, row_id, HTTPStatus.OK, address)
    row_id = operations.create(table, document, _key_of(address))
    return _written(environment, request, table, row_id, HTTPStatus.CREATED, address)


def delete(environment: Environment, request: Request, address: RowAddress) -> Response:
    """Answer DELETE on a row."""
    before = find_row(environment, address)
    if before is None:
        raise missing(address)
    check_conditions(request, address.table, before, missing(address))
    _operations(environment, request).delete(address.table, before[address.table.primary_id])
    return Response(HTTPStatus.NO_CONTENT)


def put_column(environment: Environment, request: Request, address: RowAddress, column: Column) -> Response:
    """Answer PUT on a column with `{"value": ...}`."""
    document = request.document(address.table.set_name)
    if set(document) - {"value", "@odata.context"} or "value" not in document:
        raise errors.payload(address.table.set_name, "The property 'value' was expected.")
    return _set_column(environment, request, address, column, document["value"])


def clear_column(environment: Environment, request: Request, address: RowAddress, column: Column) -> Response:
    """Answer DELETE on a column."""
    return _set_column(environment, request, address, column, None)


def set_reference(environment: Environment, request: Request, address: RowAddress, relationship: OneToMany) -> Response:
    """Answer PUT on the `/$ref` of a lookup."""
    row = required_row(environment, request, address)
    reader = BodyReader(environment, request.references, creating=False)
    target, target_id = reader.target(address.table, relationship, _reference_text(request, address.table))
    column = address.table.columns[relationship.referencing_column]
    values = {column.logical_name: target_id}
    if len(column.targets) > 1:
        values[column.target_member] = target
    _operations(environment, request).change(address.table, row[address.table.primary_id], values)
    return Response(HTTPStatus.NO_CONTENT)


def clear_reference(
    environment: Environment, request: Request, address: RowAddress, relationship: OneToMany
) -> Response:
    """Answer DELETE on the `/$ref` of a lookup."""
    row = required_row(environment, request, address)
    column = address.table.columns[relationship.referencing_column]
    values: dict[str, Any] = {column.logical_name: None}
    if len(column.targets) > 1:
        values[column.target_member] = None
    _operations(environment, request).change(address.table, row[address.table.primary_id], values)
    return Response(HTTPStatus.NO_CONTENT)


def add_reference(
    environment: Environment, request: Request, address: RowAddress, navigation: CollectionNavigation
) -> Response:
    """Answer POST on the `/$ref` of a collection-valued navigation property."""
    row = required_row(environment, request, address)
    reader = BodyReader(environment, request.references, creating=False)
    table, target_id = reader.row_at(_reference_text(request, address.table))
    if table.logical_name != navigation.target:
        raise errors.payload(address.table.set_name, f"The entity type '{table.type_name}' does not belong here.")
    operations = _operations(environment, request)
    operations.associate(address.table, row[address.table.primary_id], navigation, target_id)
    return Response(HTTPStatus.NO_CONTENT)


def remove_reference(
    environment: Environment, request: Request, address: RowAddress, navigation: CollectionNavigation, text: str
) -> Response:
    """Answer DELETE on `<collection>(<id>)/$ref` or `<collection>/$ref?$id=<url>`; `text` is the id or URL."""
    row = required_row(environment, request, address)
    reader = BodyReader(environment, request.references, creating=False)
    target = environment.table(navigation.target)
    _, target_id = reader.row_at(text if "(" in text else f"{target.set_name}({text})")
    operations = _operations(environment, request)
    operations.disassociate(address.table, row[address.table.primary_id], navigation, target_id)
    return Response(HTTPStatus.NO_CONTENT)


def check_conditions(request: Request, table: Table, row: Row | None, absent: Exception) -> None:
    """Apply `If-Match` and `If-None-Match`; the literal `null` means no condition (dataverse.md 2, 5)."""
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    if none_match == "*" and row is not None:
        raise errors.duplicate_row()
    if match is None or match == "null":
        return
    if row is None:
        raise absent
    if match != "*":
        if not _ETAG.fullmatch(match):
            raise errors.query_syntax(f"The ETag value '{match}' in the If-Match header is not valid.")
        if not table.optimistic_concurrency:
            raise errors.concurrency_not_enabled(table.logical_name)
        if match != etag(row):
            raise errors.version_mismatch()


def _operations(environment: Environment, request: Request) -> Operations:
    return Operations(environment, request.caller, request.references)


def _key_of(address: RowAddress) -> dict[str, Any]:
    if address.key is None:
        return {address.table.primary_id: address.row_id}
    values: dict[str, Any] = dict(zip(address.key.columns, address.values, strict=True))
    for name in address.key.columns:
        column = address.table.columns[name]
        if len(column.targets) > 1:
            values[column.target_member] = column.targets[0]
    return values


def _written(
    environment: Environment,
    request: Request,
    table: Table,
    row_id: str,
    status: int,
    address: RowAddress | None = None,
) -> Response:
    if request.preferences.representation:
        options = read_options(environment.scope(request.caller), table, request.query, _WRITE_OPTIONS)
        row = environment.store.rows(table).by_id[row_id]
        return shown_row(environment, request, table, row, options, status)
    key = row_id if address is None or address.key is None else quote(address.text, safe="'=,@$")
    url = f"{request.base}/{table.set_name}({key})"
    headers = [("Location", url)] if request.in_batch else []
    return Response(HTTPStatus.NO_CONTENT, [*headers, ("OData-EntityId", url)])


def _set_column(environment: Environment, request: Request, address: RowAddress, column: Column, raw: Any) -> Response:
    row = find_row(environment, address)
    if row is None:
        raise missing(address)
    check_conditions(request, address.table, row, missing(address))
    if column.is_reference:
        raise errors.direct_reference()
    row_id = row[address.table.primary_id]
    _operations(environment, request).update(address.table, row_id, {column.logical_name: raw})
    return Response(HTTPStatus.NO_CONTENT)


def _reference_text(request: Request, table: Table) -> str:
    text = request.document(table.set_name).get("@odata.id")
    if not isinstance(text, str):
        raise errors.payload(table.set_name, "The annotation 'odata.id' was expected.")
    return text
