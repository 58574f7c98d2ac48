"""Route and query parameters, checked and typed; every fault is named."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ValidationError

from dataverse.psasync.records import ConnectorId
from triggers.problems import Fault, Problem, problem_from_validation

_Model = TypeVar("_Model", bound=BaseModel)


def query_as(req: func.HttpRequest, model: type[_Model]) -> _Model:
    """Read the query string as this model; raise Problem 400 naming each fault, unknown parameters among them."""
    try:
        return model.model_validate(dict(req.params))
    except ValidationError as error:
        raise problem_from_validation(error) from None


def repeated_query_as(req: func.HttpRequest, model: type[_Model], *, repeated: frozenset[str]) -> _Model:
    """Read the query string as this model, in which the named parameters may be given several times.

    The Functions host joins repeated parameters with commas, which may stand in a value too, so the address itself is
    read. Raises Problem 400 naming each fault, unknown and repeated parameters among them.
    """
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(req.url).query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    twice = [name for name, values in given.items() if len(values) > 1 and name not in repeated]
    if twice:
        raise faulty_request([Fault(name, "may be given only once") for name in twice])
    try:
        return model.model_validate({name: values if name in repeated else values[0] for name, values in given.items()})
    except ValidationError as error:
        raise problem_from_validation(error) from None


def connector_id_of_route(req: func.HttpRequest) -> ConnectorId:
    """Return the connector that the address names; raise Problem 404 when it is no id."""
    try:
        return ConnectorId(str(UUID(req.route_params["connector_id"])))
    except ValueError:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "connector_not_found",
            "This connector does not exist; choose another one and try again.",
        ) from None


def faulty_request(faults: Sequence[Fault]) -> Problem:
    """Return the 400 that names these faults."""
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "request_invalid",
        "The request is not valid; correct what `errors` names and send it again.",
        faults=faults,
    )
