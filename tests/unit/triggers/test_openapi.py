"""The API's description says what the code does: every route, every model, every role."""

import ast
import json
from typing import Any

import pytest

from tests.architecture.source import sources_in
from tests.unit.triggers import door
from triggers import http
from triggers.access import ALLOWED_ROLES
from triggers.openapi import ANSWERS, BODIES, LISTS, QUERIES

pytestmark = pytest.mark.unit

DOOR_METHODS = {name: str(one.get_trigger().methods[0].value) for name, one in door.functions().items()}


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The description as a reader gets it."""
    made = door.Door()
    monkeypatch.setattr(http, "composition", lambda: made)
    answer = door.request("openapi", headers={"Authorization": door.signed("PsaSync.Reader")})
    assert answer.status_code == 200
    described: dict[str, Any] = json.loads(answer.get_body())
    return described


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["operationId"]: one for path in document["paths"].values() for one in path.values()}


def test_every_route_is_described_with_its_roles(document: dict[str, Any]) -> None:
    described = operations(document)
    assert described.keys() == door.functions().keys()
    assert {name: frozenset(one["x-roles"]) for name, one in described.items() if "x-roles" in one} == ALLOWED_ROLES
    assert "security" not in described["health"]
    for name in ALLOWED_ROLES:
        assert {"401", "403", "429"} <= described[name]["responses"].keys()


def test_bodies_and_queries_are_those_of_the_models(document: dict[str, Any]) -> None:
    described = operations(document)
    [content] = described["push"]["requestBody"]["content"].values()
    model = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    assert model["additionalProperties"] is False
    assert set(model["required"]) == {"connector_id", "kind", "items", "idempotency_key"}
    assert {one["name"]: one["required"] for one in described["audit"]["parameters"]} == {
        "from": True,
        "to": True,
        "cursor": False,
        "limit": False,
        "format": False,
    }
    assert [one["in"] for one in described["job"]["parameters"]] == ["path"]


def test_every_success_has_a_schema_and_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for name, one in operations(document).items():
        for status, response in one["responses"].items():
            assert response["description"]
            if int(status) < 400:
                assert response["content"]["application/json"]["schema"]["$ref"], name
            else:
                assert response["content"].keys() == {"application/problem+json"}
        assert ("409" in one["responses"]) is (name in ALLOWED_ROLES and DOOR_METHODS[name] != "GET")
    assert operations(document)["audit"]["responses"]["200"]["content"].keys() == {"application/json", "text/csv"}


def test_answers_are_open_and_name_what_is_always_there(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert "additionalProperties" not in schemas["JobAnswer"], "members may be added: callers ignore unknown ones"
    assert set(schemas["JobAnswer"]["required"]) == {"job_id", "state", "message", "counts"}
    assert "items" not in schemas["StartedJobAnswer"]["required"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_that_an_address_may_name_are_those_that_the_function_knows(name: str, document: dict[str, Any]) -> None:
    (described,) = [one for one in operations(document)[name]["parameters"] if one["name"] == "list"]
    known = described["schema"]["enum"]
    answer = door.request(
        name, headers={"Authorization": door.signed("PsaSync.Admin")}, route={"list": "x", "connector_id": "x"}
    )
    problem = json.loads(answer.get_body())
    assert (answer.status_code, problem["detail"].partition("ask for one of ")[2]) == (404, f"{', '.join(known)}.")


def _models_read() -> dict[str, set[str]]:
    """Names of the models that the functions really read, by function."""
    read: dict[str, set[str]] = {}
    readers = {"body_as", "query_as", "repeated_query_as"}
    for source in sources_in("triggers"):
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            marks = [
                mark for mark in node.decorator_list if getattr(getattr(mark, "func", None), "id", "") == "for_callers"
            ]
            for mark in marks:
                name = mark.args[0].value  # type: ignore[attr-defined]  # a call with a text
                read[name] = {
                    call.args[1].id  # type: ignore[attr-defined]  # a class by its name
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call) and getattr(call.func, "id", "") in readers
                }
    return read


def test_the_tables_name_the_models_that_the_functions_read() -> None:
    tables = {
        name: {model.__name__ for model in (BODIES.get(name), QUERIES.get(name)) if model is not None}
        for name in ALLOWED_ROLES
    }
    assert tables == _models_read(), "name the models of each route in triggers/openapi.py"
    assert set(BODIES) | set(QUERIES) <= set(ALLOWED_ROLES)
    assert set(ANSWERS) == {*ALLOWED_ROLES, "health"}, "name the models of each route's answers in triggers/openapi.py"
