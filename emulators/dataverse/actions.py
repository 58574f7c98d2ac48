"""Actions on rows and jobs: BulkDelete, AddPrivilegesRole, ReplacePrivilegesRole, ImportSolution."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from emulators.dataverse.definitions.labels import objects
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import invalid_argument, not_emulated
from emulators.dataverse.model import Table
from emulators.dataverse.odata.operands import kind_of
from emulators.dataverse.operations import Operations
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Depth, Right
from emulators.dataverse.setup_rows import put_grant_by_id
from emulators.dataverse.solutions import import_solution
from emulators.dataverse.values import kept_moment
from emulators.dataverse.web import Request, Response, json_response

_CRM: Final = "Microsoft.Dynamics.CRM."
_BULK_DELETE: Final = 13
_COMPLETED: Final = 3
_SUCCEEDED: Final = 30
_DEPTHS: Final = {
    "Basic": Depth.BASIC,
    "Local": Depth.LOCAL,
    "Deep": Depth.DEEP,
    "Global": Depth.GLOBAL,
}


def bulk_delete(environment: Environment, request: Request) -> Response:
    """Answer BulkDelete for queries whose conditions are Equal and In; the job is done before the answer."""
    document = request.document("BulkDelete")
    queries = objects(document.get("QuerySet"))
    if not queries:
        raise invalid_argument("The parameter QuerySet is missing.")
    operations = Operations(environment, request.caller, request.references)
    for query in queries:
        table = environment.schema.tables.get(str(query.get("EntityName")))
        if table is None:
            raise invalid_argument(f"The entity '{query.get('EntityName')}' does not exist.")
        request.caller.require(table, Right.READ)
        for row_id in _matching(environment, table, query.get("Criteria")):
            operations.delete(table, row_id)
    now = f"{kept_moment(environment.clock.now().replace(microsecond=0))}Z"
    row = {
        "name": str(document.get("JobName") or "Bulk delete"),
        "operationtype": _BULK_DELETE,
        "messagename": "BulkDelete",
        "startedon": now,
        "completedon": now,
        "statecode": _COMPLETED,
        "statuscode": _SUCCEEDED,
    }
    job_id = operations.create(environment.table("asyncoperation"), row)
    return json_response({"@odata.context": f"{request.base}/$metadata#{_CRM}BulkDeleteResponse", "JobId": job_id})


def _matching(environment: Environment, table: Table, criteria: Any) -> list[str]:
    if not isinstance(criteria, dict) or criteria.get("Filters"):
        raise not_emulated("nested filters in BulkDelete")
    conditions = objects(criteria.get("Conditions"))
    if not conditions or criteria.get("FilterOperator") == "Or":
        raise not_emulated("BulkDelete without conditions, or with Or")
    rows = environment.store.rows(table)
    found: set[str] | None = None
    for condition in conditions:
        column = table.columns.get(str(condition.get("AttributeName")))
        if column is None or condition.get("Operator") not in ("Equal", "In"):
            raise not_emulated(f"the condition {condition.get('AttributeName')} {condition.get('Operator')}")
        values = [item.get("Value") for item in objects(condition.get("Values"))]
        if kind_of(column) == "guid":
            values = [str(value).lower() for value in values]
        if not all(isinstance(value, (str, int)) for value in values):
            raise invalid_argument("The values of a condition must be simple.")
        ids = {row_id for value in values for row_id in rows.with_value(column, value)}
        found = ids if found is None else found & ids
    return sorted(found or ())


def add_privileges(environment: Environment, request: Request, role: Row, *, replace: bool) -> Response:
    """Answer AddPrivilegesRole and ReplacePrivilegesRole on a role."""
    request.caller.require(environment.table("role"), Right.WRITE, role["roleid"], role)
    granted = environment.table("roleprivileges")
    rows = environment.store.rows(granted)
    privileges = objects(request.document("roles").get("Privileges"))
    if replace:
        for grant_id in list(rows.with_value(granted.columns["roleid"], role["roleid"])):
            environment.store.remove(granted, grant_id)
    known = environment.store.rows(environment.table("privilege")).by_id
    for item in privileges:
        privilege_id, depth = str(item.get("PrivilegeId", "")).lower(), _DEPTHS.get(str(item.get("Depth")))
        if privilege_id not in known or depth is None:
            raise invalid_argument(f"The privilege {item} is not valid.")
        put_grant_by_id(environment.store, role["roleid"], privilege_id, depth)
    return Response(HTTPStatus.NO_CONTENT)


ROLE_ACTIONS: Final[dict[str, Callable[[Environment, Request, Row], Response]]] = {
    "AddPrivilegesRole": lambda environment, request, role: add_privileges(environment, request, role, replace=False),
    "ReplacePrivilegesRole": lambda environment, request, role: add_privileges(
        environment, request, role, replace=True
    ),
}
ACTIONS: Final[dict[str, Callable[[Environment, Request], Response]]] = {
    "BulkDelete": bulk_delete,
    "ImportSolution": import_solution,
}
