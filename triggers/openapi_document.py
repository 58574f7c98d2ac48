"""Make an OpenAPI 3.1 document of the indexed functions, the table of roles, and tables of models."""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from triggers.access import ALLOWED_ROLES
from triggers.composition import VERSION
from triggers.openapi_answers.system import ProblemDocument

Schema = dict[str, Any]
Models = Mapping[str, type[BaseModel]]

_ALWAYS = {
    401: "the token is missing or not valid, or the person must sign in again",
    403: "the role, or a right in Dataverse, is missing",
    413: "the body is too long",
    429: "too many requests, or too many jobs",
    500: "a bug or a wrong setting",
    503: "a vendor does not answer; try again",
}
_WITH_INPUT = {400: "the body or the query is not valid; `errors` names each fault"}
_WITH_NAMES = {404: "what the address or the body names does not exist"}
_WHILE_WRITING = {409: "it does not fit what is there"}
_WITH_VENDORS = {
    422: "a rule or a vendor refuses it",
    502: "keys, permissions or addresses of a vendor are wrong",
}
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer, with the error and the claims that are asked for"},
    429: {"Retry-After": "seconds, where the time is known"},
    503: {"Retry-After": "seconds, where the time is known"},
}
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Tables:
    """What the functions do not say themselves, by function name.

    `answers` by status; `downloads` are further media types of a success; `lists` are the values of a path's `list`;
    `without_vendors` call neither Dataverse nor ConnectWise.
    """

    bodies: Models
    queries: Models
    answers: Mapping[str, Mapping[int, type[BaseModel]]]
    downloads: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Iterable[str]] = field(default_factory=dict)
    without_vendors: frozenset[str] = frozenset()

    def models(self) -> list[type[BaseModel]]:
        """Return every model, each once."""
        answers = [model for by_status in self.answers.values() for model in by_status.values()]
        return list(dict.fromkeys([*self.bodies.values(), *self.queries.values(), *answers, ProblemDocument]))


def document_of(functions: Iterable[Any], tables: Tables) -> Schema:
    """Return the document of these HTTP functions (of azure.functions, as the host indexes them)."""
    writer = _Writer(tables)
    paths: dict[str, Schema] = {}
    for function in functions:
        trigger = function.get_trigger()
        for method in trigger.methods:
            verb = str(getattr(method, "value", method)).lower()
            paths.setdefault(f"/{trigger.route}", {})[verb] = writer.operation(function, trigger.route, verb)
    return {
        "openapi": "3.1.0",
        "info": {"title": "PSA Sync", "version": VERSION},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": writer.schemas,
            "securitySchemes": {"entra": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


class _Writer:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        models = tables.models()
        names, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_REFERENCE)
        self._references: dict[type[BaseModel], Schema] = {model: names[model, "validation"] for model in models}
        self.schemas: dict[str, Schema] = definitions["$defs"]

    def operation(self, function: Any, route: str, verb: str) -> Schema:
        """Return one operation."""
        name = function.get_function_name()
        operation: Schema = {
            "operationId": name,
            "summary": inspect.getdoc(function.get_user_function()) or name,
            "responses": self._responses(name, route, verb),
        }
        parameters = [self._segment(name, part) for part in re.findall(r"{(\w+)", route)] + self._query(name)
        if parameters:
            operation["parameters"] = parameters
        if name in self._tables.bodies:
            content = {"application/json": {"schema": self._references[self._tables.bodies[name]]}}
            operation["requestBody"] = {"required": True, "content": content}
        if name in ALLOWED_ROLES:
            operation["security"] = [{"entra": []}]
            operation["x-roles"] = sorted(ALLOWED_ROLES[name])
        return operation

    def _responses(self, name: str, route: str, verb: str) -> dict[str, Schema]:
        responses: dict[str, Schema] = {}
        for status, model in self._tables.answers[name].items():
            content: dict[str, Schema] = {"application/json": {"schema": self._references[model]}}
            responses[str(status)] = {"description": inspect.getdoc(model) or "done", "content": content}
            if name in self._tables.downloads:
                content[self._tables.downloads[name]] = {"schema": {"type": "string"}}
                responses[str(status)] |= _headers({"X-Next-Cursor": "`next_cursor` of a download"})
        if name in ALLOWED_ROLES:
            problem = {"application/problem+json": {"schema": self._references[ProblemDocument]}}
            for status, meaning in sorted(self._refusals(name, route, verb).items()):
                responses[str(status)] = {"description": meaning, "content": problem}
                responses[str(status)] |= _headers(_HEADERS.get(status, {}))
        return responses

    def _refusals(self, name: str, route: str, verb: str) -> dict[int, str]:
        models = [table[name] for table in (self._tables.bodies, self._tables.queries) if name in table]
        names_something = "{" in route or any("connector_id" in model.model_fields for model in models)
        return {
            **_ALWAYS,
            **(_WITH_INPUT if models else {}),
            **(_WITH_NAMES if names_something else {}),
            **(_WHILE_WRITING if verb != "get" else {}),
            **({} if name in self._tables.without_vendors else _WITH_VENDORS),
        }

    def _segment(self, name: str, part: str) -> Schema:
        schema: Schema = {"type": "string", "format": "uuid"} if part.endswith("_id") else {"type": "string"}
        if part == "list" and name in self._tables.lists:
            schema["enum"] = [str(one) for one in self._tables.lists[name]]
        return {"name": part, "in": "path", "required": True, "schema": schema}

    def _query(self, name: str) -> list[Schema]:
        if name not in self._tables.queries:
            return []
        model = self.schemas[self._references[self._tables.queries[name]]["$ref"].rpartition("/")[2]]
        required = model.get("required", ())
        return [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in model["properties"].items()
        ]


def _headers(meanings: Mapping[str, str]) -> Schema:
    if not meanings:
        return {}
    headers = {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in meanings.items()}
    return {"headers": headers}
