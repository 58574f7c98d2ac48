"""The body of a webhook call: RemoteExecutionContext as JSON (dataverse.md 14)."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from emulators.dataverse.environment import ORGANIZATION_ID, Environment
from emulators.dataverse.events import Event
from emulators.dataverse.hooks.steps import Image, Step
from emulators.dataverse.json_text import dumps
from emulators.dataverse.model import CHOICE_TYPES, Column, ColumnType, Table
from emulators.dataverse.rows import Row
from emulators.dataverse.values import moment_of

_CONTRACTS: Final = "http://schemas.microsoft.com/xrm/2011/Contracts"
CUT: Final = ("ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages")


def execution_context(environment: Environment, step: Step, event: Event, correlation_id: str) -> dict[str, Any]:
    """Return the context of one call."""
    caller = event.caller
    table_name = "none" if event.table is None else event.table.logical_name
    return {
        "BusinessUnitId": caller.business_unit_id,
        "CorrelationId": correlation_id,
        "Depth": 1,
        "InitiatingUserAzureActiveDirectoryObjectId": _object_id(environment, caller.real_user_id or caller.user_id),
        "InitiatingUserId": caller.real_user_id or caller.user_id,
        "InputParameters": _inputs(event),
        "IsExecutingOffline": False,
        "IsInTransaction": step.synchronous,
        "IsOfflinePlayback": False,
        "IsolationMode": 1,
        "MessageName": event.message,
        "Mode": 0 if step.synchronous else 1,
        "OperationCreatedOn": _date(environment.clock.now()),
        "OperationId": str(uuid.uuid4()),
        "OrganizationId": ORGANIZATION_ID,
        "OrganizationName": environment.setting("name") or "",
        "OutputParameters": _pairs({"id": event.row_id}) if event.message == "Create" else [],
        "OwningExtension": _reference("sdkmessageprocessingstep", step.step_id),
        "ParentContext": None,
        "PostEntityImages": _images(event, step.images, before=False),
        "PreEntityImages": _images(event, step.images, before=True),
        "PrimaryEntityId": event.row_id or "00000000-0000-0000-0000-000000000000",
        "PrimaryEntityName": table_name,
        "RequestId": None,
        "SecondaryEntityName": "none",
        "SharedVariables": [],
        "Stage": step.stage,
        "UserAzureActiveDirectoryObjectId": _object_id(environment, caller.user_id),
        "UserId": caller.user_id,
    }


def within(body: dict[str, Any], most_bytes: int) -> tuple[bytes, bool]:
    """Return the body as JSON, without its largest members when it is too long, and whether it was cut."""
    text = dumps(body)
    if len(text) <= most_bytes:
        return text, False
    return dumps({name: value for name, value in body.items() if name not in CUT}), True


def _inputs(event: Event) -> list[dict[str, Any]]:
    if event.table is None or event.inputs:
        target = (
            {}
            if event.table is None or not event.row_id
            else {"Target": _reference(event.table.logical_name, event.row_id)}
        )
        return _pairs({**target, **event.inputs})
    if event.message == "Delete":
        return _pairs({"Target": _reference(event.table.logical_name, event.row_id)})
    row = {event.table.primary_id: event.row_id, **event.given}
    return _pairs({"Target": _entity(event.table, event.row_id, row), "SuppressDuplicateDetection": False})


def _images(event: Event, images: tuple[Image, ...], *, before: bool) -> list[dict[str, Any]]:
    row = event.before if before else event.after
    if row is None or event.table is None:
        return []
    shown = {}
    for image in images:
        if image.before if before else image.after:
            chosen = {name: value for name, value in row.items() if not image.attributes or name in image.attributes}
            shown[image.alias] = _entity(event.table, event.row_id, chosen)
    return _pairs(shown)


def _entity(table: Table, row_id: str, row: Row) -> dict[str, Any]:
    attributes = {name: _value(table.columns[name], row, value) for name, value in row.items() if name in table.columns}
    return {
        "__type": f"Entity:{_CONTRACTS}",
        "Attributes": _pairs(attributes),
        "EntityState": None,
        "FormattedValues": [],
        "Id": row_id,
        "KeyAttributes": [],
        "LogicalName": table.logical_name,
        "RelatedEntities": [],
        "RowVersion": None,
    }


def _value(column: Column, row: Row, value: Any) -> Any:
    if value is None:
        return None
    if column.is_reference:
        return _reference(row.get(column.target_member) or column.targets[0], value)
    if column.type in CHOICE_TYPES:
        return _choice(value)
    match column.type:
        case ColumnType.MONEY:
            return {"__type": f"Money:{_CONTRACTS}", "Value": value}
        case ColumnType.MULTI_SELECT:
            return [_choice(int(part)) for part in value.split(",")]
        case ColumnType.DATE_TIME:
            return _date(moment_of(value if len(value) > len("YYYY-MM-DD") else f"{value}T00:00:00"))
        case _:
            return value


def _choice(value: int) -> dict[str, Any]:
    return {"__type": f"OptionSetValue:{_CONTRACTS}", "Value": value}


def _reference(table: str, row_id: str) -> dict[str, Any]:
    return {
        "__type": f"EntityReference:{_CONTRACTS}",
        "Id": row_id,
        "KeyAttributes": [],
        "LogicalName": table,
        "Name": None,
        "RowVersion": None,
    }


def _pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _date(moment: datetime) -> str:
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return f"/Date({int(Decimal(str(seconds)) * 1000)})/"


def _object_id(environment: Environment, user_id: str) -> str:
    users = environment.store.rows(environment.table("systemuser")).by_id
    return str(users.get(user_id, {}).get("azureactivedirectoryobjectid", "00000000-0000-0000-0000-000000000000"))
