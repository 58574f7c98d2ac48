"""Custom APIs without a plug-in: business events whose parameters are checked (dataverse.md 13)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import invalid_argument, no_resource, segment_not_found
from emulators.dataverse.events import Event
from emulators.dataverse.json_text import InvalidJsonError, loads
from emulators.dataverse.model import Table
from emulators.dataverse.rows import Row
from emulators.dataverse.values import GUID, moment_text, shown
from emulators.dataverse.web import Request, Response, json_response

GLOBAL: Final = 0
ENTITY: Final = 1
COLLECTION: Final = 2


def _is_number(value: Any) -> bool:
    return not isinstance(value, (bool, str, list, dict)) and value is not None


_CHECKS: Final[dict[int, Callable[[Any], bool]]] = {
    0: lambda value: isinstance(value, bool),
    1: lambda value: moment_text(value) is not None,
    2: _is_number,
    3: lambda value: isinstance(value, dict),
    4: lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    5: lambda value: isinstance(value, dict),
    6: _is_number,
    7: lambda value: isinstance(value, int) and not isinstance(value, bool),
    8: _is_number,
    9: lambda value: isinstance(value, int) and not isinstance(value, bool),
    10: lambda value: isinstance(value, str),
    11: lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    12: lambda value: isinstance(value, str) and GUID.fullmatch(value) is not None,
}


def find(environment: Environment, name: str, binding: int) -> Row | None:
    """Return the Custom API with this unique name and binding, None when there is none."""
    rows = environment.store.rows(environment.table("customapi"))
    for row_id in rows.with_value(rows.table.columns["uniquename"], name):
        row = rows.by_id[row_id]
        if row.get("uniquename") == name and (row.get("bindingtype") or GLOBAL) == binding:
            return row
    return None


def run(environment: Environment, request: Request, api: Row, table: Table | None = None, row_id: str = "") -> Response:
    """Check the parameters, raise the event, and answer 204, or null for each response property."""
    if api.get("isfunction"):
        outputs = _parts(environment, "customapiresponseproperty", api)
        if not outputs:
            raise segment_not_found(api["uniquename"])
    if request.method != ("GET" if api.get("isfunction") else "POST"):
        raise no_resource(request.url)
    if table is not None and api.get("boundentitylogicalname") not in (None, table.logical_name):
        raise segment_not_found(api["uniquename"])
    inputs = _inputs(environment, request, api)
    environment.recorder.note(Event(api["uniquename"], table, row_id, request.caller, inputs=inputs))
    outputs = _parts(environment, "customapiresponseproperty", api)
    if not outputs:
        return Response(HTTPStatus.NO_CONTENT)
    context = f"{request.base}/$metadata#Microsoft.Dynamics.CRM.{api['uniquename']}Response"
    return json_response({"@odata.context": context, **{row["uniquename"]: None for row in outputs}})


def _inputs(environment: Environment, request: Request, api: Row) -> dict[str, Any]:
    try:
        given = loads(request.body) if request.body else {}
    except InvalidJsonError as error:
        raise invalid_argument("The request body is not JSON.") from error
    if not isinstance(given, dict):
        raise invalid_argument("The request body is not a JSON object.")
    parameters = {row["uniquename"]: row for row in _parts(environment, "customapirequestparameter", api)}
    for name, value in given.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise invalid_argument(f"The parameter '{name}' in the request payload is not a valid parameter.")
        if value is not None and not _CHECKS[parameter.get("type") or 0](value):
            raise invalid_argument(f"The value '{shown(value)}' does not fit the parameter '{name}'.")
    for name, parameter in parameters.items():
        if given.get(name) is None and not parameter.get("isoptional"):
            raise invalid_argument(f"The parameter '{name}' is missing.")
    return given


def _parts(environment: Environment, table: str, api: Row) -> list[Row]:
    rows = environment.store.rows(environment.table(table))
    return [rows.by_id[i] for i in rows.with_value(rows.table.columns["customapiid"], api["customapiid"])]
