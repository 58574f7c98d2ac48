"""CreateMultiple, UpdateMultiple, UpsertMultiple and DeleteMultiple: all or nothing (dataverse.md 8)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from emulators.dataverse import errors
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.model import Table
from emulators.dataverse.operations import Operations
from emulators.dataverse.payloads import BodyReader
from emulators.dataverse.reading import find_row
from emulators.dataverse.values import GUID
from emulators.dataverse.web import Request, Response, json_response

_CRM = "Microsoft.Dynamics.CRM."


def create_multiple(environment: Environment, request: Request, table: Table) -> Response:
    """Answer CreateMultiple with the ids in order."""
    operations = Operations(environment, request.caller, request.references)
    ids = [operations.create(table, target) for target in _targets(request, table)]
    context = f"{request.base}/$metadata#{_CRM}CreateMultipleResponse"
    return json_response({"@odata.context": context, "Ids": ids})


def update_multiple(environment: Environment, request: Request, table: Table) -> Response:
    """Answer UpdateMultiple; every target names its primary key."""
    operations = Operations(environment, request.caller, request.references)
    for target in _targets(request, table):
        row_id = _primary_id(table, target)
        if row_id is None:
            raise errors.invalid_argument(f"The primary key '{table.primary_id}' is missing in a target.")
        operations.update(table, row_id, target)
    return Response(HTTPStatus.NO_CONTENT)


def upsert_multiple(environment: Environment, request: Request, table: Table) -> Response:
    """Answer UpsertMultiple; targets are named by `@odata.id` with a key, or by primary key."""
    operations = Operations(environment, request.caller, request.references)
    reader = BodyReader(environment, request.references, creating=True)
    for target in _targets(request, table):
        _upsert(environment, operations, reader, table, target)
    return Response(HTTPStatus.NO_CONTENT)


def delete_multiple(table: Table) -> Response:
    """Answer DeleteMultiple, which standard tables do not have."""
    del table
    raise DataverseError(400, "0x80040800", "DeleteMultiple has not yet been implemented.")


def _upsert(
    environment: Environment, operations: Operations, reader: BodyReader, table: Table, target: Mapping[str, Any]
) -> None:
    text = target.get("@odata.id")
    if text is None:
        row_id = _primary_id(table, target)
        exists = row_id is not None and row_id in environment.store.rows(table).by_id
        if exists and row_id is not None:
            operations.update(table, row_id, target)
        else:
            operations.create(table, target)
        return
    address = reader.address(text)
    if address.table is not table:
        raise errors.invalid_argument("The target of '@odata.id' is of another table.")
    row = find_row(environment, address)
    key_columns = address.key.columns if address.key is not None else ()
    if row is not None:
        operations.update(table, row[table.primary_id], target, frozenset(key_columns))
        return
    given = reader.read(table, target).values
    if any(name in given for name in key_columns):
        raise DataverseError(400, "0x80040216", "An unexpected error occurred.")
    values = dict(zip(key_columns, address.values, strict=True)) if key_columns else {table.primary_id: address.row_id}
    operations.create(table, target, values)


def _targets(request: Request, table: Table) -> list[dict[str, Any]]:
    document = request.document(table.set_name)
    targets = document.get("Targets")
    if set(document) != {"Targets"} or not isinstance(targets, list):
        raise errors.payload(table.set_name, "The parameter 'Targets' was expected.")
    if not targets:
        raise errors.invalid_argument("The 'Targets' collection is empty.")
    for target in targets:
        if not isinstance(target, dict) or str(target.get("@odata.type", "")).lstrip("#") != table.type_name:
            raise errors.payload(
                table.set_name, f"Every target needs the annotation '@odata.type' with the value '{table.type_name}'."
            )
    return targets


def _primary_id(table: Table, target: Mapping[str, Any]) -> str | None:
    value = target.get(table.primary_id)
    if value is None:
        return None
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise errors.literal_not_converted(table.set_name, str(value), "Edm.Guid")
    return value.lower()
