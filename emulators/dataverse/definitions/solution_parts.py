"""Membership of components in unmanaged solutions, by `MSCRM.SolutionUniqueName` (dataverse.md 2, 16)."""

import uuid
from typing import Final

from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.web import Request

TABLE: Final = 1
COLUMN: Final = 2
CHOICE: Final = 9
RELATIONSHIP: Final = 10
WEB_RESOURCE: Final = 61
ROW_COMPONENTS: Final = {
    "role": 20,
    "savedquery": 26,
    "systemform": 60,
    "webresource": WEB_RESOURCE,
    "sdkmessageprocessingstep": 92,
    "serviceendpoint": 95,
    "environmentvariabledefinition": 380,
}


def add(environment: Environment, request: Request, component_type: int, component_id: str) -> None:
    """Put a component into the solution that the request names, if it names one; raises 400 for an unknown one."""
    name = request.headers.get("mscrm.solutionuniquename") or dict(request.query).get("SolutionUniqueName")
    if name is None:
        return
    solution_id = find(environment, name)
    table = environment.table("solutioncomponent")
    component = str(uuid.uuid5(uuid.UUID(solution_id), component_id))
    row = {
        "solutioncomponentid": component,
        "objectid": component_id,
        "componenttype": component_type,
        "rootcomponentbehavior": 0,
        "solutionid": solution_id,
    }
    with environment.store.transaction():
        environment.store.put(table, component, row)


def find(environment: Environment, name: str) -> str:
    """Return the id of the unmanaged solution with this unique name."""
    rows = environment.store.rows(environment.table("solution"))
    for solution_id in rows.with_value(rows.table.columns["uniquename"], name):
        if rows.by_id[solution_id].get("ismanaged"):
            raise DataverseError(400, "0x8004f036", f"The solution '{name}' is managed and cannot be changed.")
        return solution_id
    raise DataverseError(400, "0x80048548", f"The solution unique name '{name}' does not exist.")
