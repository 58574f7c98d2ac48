"""`GET /openapi.json`: the API's own description, made of the indexed routes, the table of roles and the models."""

import inspect
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from triggers.access import ALLOWED_ROLES
from triggers.audit import AuditQuery
from triggers.composition import VERSION
from triggers.connector_models import ConnectorPatchBody, NewConnectorBody
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.job_requests import JobsQuery
from triggers.jobs import ItemsQuery
from triggers.mappings import MappingBody, MappingsQuery
from triggers.models import PreviewBody, PushBody
from triggers.pull_models import AgreementsQuery, CompaniesQuery, PullBody, PullPreviewBody
from triggers.push_lists import ListQuery
from triggers.search import SearchQuery

blueprint = func.Blueprint()

BODIES: dict[str, type[BaseModel]] = {
    "connector_change": ConnectorPatchBody,
    "connector_create": NewConnectorBody,
    "mapping_put": MappingBody,
    "pull": PullBody,
    "pull_preview": PullPreviewBody,
    "push": PushBody,
    "push_preview": PreviewBody,
}
"""Function name to the model of its body."""

QUERIES: dict[str, type[BaseModel]] = {
    "audit": AuditQuery,
    "job_items": ItemsQuery,
    "jobs": JobsQuery,
    "mappings": MappingsQuery,
    "psa_search": SearchQuery,
    "push_lines": ListQuery,
    "push_list": ListQuery,
    "pull_agreements": AgreementsQuery,
    "pull_companies": CompaniesQuery,
}
"""Function name to the model of its query."""

SUCCESSES: dict[str, tuple[int, ...]] = {
    "connector_create": (201,),
    "job_retry": (202,),
    "pull": (200, 202),
    "push": (200, 202),
}
"""Function name to the statuses that mean success; 200 for all others."""

_REFUSALS = {
    400: "the body or the query is not valid; `errors` names each fault",
    401: "the token is missing or not valid, or the person must sign in again",
    403: "the role, or a right in Dataverse, is missing",
    404: "what the address or the body names does not exist",
    409: "it does not fit what is there",
    413: "the body is too long",
    422: "a rule or a vendor refuses it",
    429: "too many requests, or too many jobs",
    500: "a bug or a wrong setting",
    502: "keys, permissions or addresses of a vendor are wrong",
    503: "a vendor does not answer; try again",
}
_DIALECT = "#/components/schemas/{model}"


class _Fault(BaseModel):
    """One fault of a request."""

    path: str
    message: str


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(title="Problem", extra="forbid")

    type: str
    title: str
    status: int
    code: str
    detail: str
    reference: str
    errors: list[_Fault] = []
    claims: str | None = None


@blueprint.function_name("openapi")
@blueprint.route(route="openapi.json", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("openapi")
def openapi(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return this description."""
    return json_response(_document())


@cache
def _document() -> dict[str, Any]:
    from triggers.app import build_app  # the app lists this module among its routes

    return describe(function for function in build_app().get_functions() if function.is_http_function())


def describe(functions: Iterable[Any]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these functions (of azure.functions, as the host indexes them)."""
    models: dict[type[BaseModel], Any] = dict.fromkeys([*BODIES.values(), *QUERIES.values(), ProblemDocument])
    names, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_DIALECT)
    schemas = {model: names[model, "validation"] for model in models}
    paths: dict[str, dict[str, Any]] = {}
    for function in functions:
        trigger = function.get_trigger()
        for method in trigger.methods:
            verb = str(getattr(method, "value", method)).lower()
            paths.setdefault(f"/{trigger.route}", {})[verb] = _operation(function, trigger.route, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": "PSA Sync", "version": VERSION},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"entra": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(
    function: Any, route: str, schemas: dict[type[BaseModel], dict[str, Any]], definitions: dict[str, Any]
) -> dict[str, Any]:
    name = function.get_function_name()
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": inspect.getdoc(function.get_user_function()) or name,
        "responses": {str(status): {"description": "done"} for status in SUCCESSES.get(name, (200,))},
    }
    parameters = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
        for part in re.findall(r"{(\w+)", route)
    ]
    if name in QUERIES:
        parameters += _query_parameters(definitions["$defs"], schemas[QUERIES[name]])
    if parameters:
        operation["parameters"] = parameters
    if name in BODIES:
        content = {"application/json": {"schema": schemas[BODIES[name]]}}
        operation["requestBody"] = {"required": True, "content": content}
    if name in ALLOWED_ROLES:
        operation["security"] = [{"entra": []}]
        operation["x-roles"] = sorted(ALLOWED_ROLES[name])
        problem = {"application/problem+json": {"schema": schemas[ProblemDocument]}}
        for status, meaning in _REFUSALS.items():
            operation["responses"][str(status)] = {"description": meaning, "content": problem}
    return operation


def _query_parameters(definitions: dict[str, Any], reference: dict[str, Any]) -> list[dict[str, Any]]:
    model = definitions[reference["$ref"].rpartition("/")[2]]
    required = model.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in model["properties"].items()
    ]
