"""What every HTTP function does around its work: who calls, may they, is the body valid, how errors look."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from connectwise.errors import ConnectWiseError
from dataverse.errors import DataverseError, InteractionRequired
from sync_core.classify import classify
from sync_core.errors import SyncError
from triggers.access import require_role
from triggers.composition import composition
from triggers.identity import Caller, caller_of_request
from triggers.problems import (
    Problem,
    problem_from_error,
    problem_from_interaction,
    problem_from_validation,
    problem_response,
)

_log = logging.getLogger("psasync.http")
_Model = TypeVar("_Model", bound=BaseModel)

MOST_BODY_BYTES = 4 * 1024 * 1024
_READING = frozenset({"GET", "HEAD"})

Work = Callable[[func.HttpRequest, Caller], func.HttpResponse]


def for_callers(function_name: str) -> Callable[[Work], Callable[[func.HttpRequest], func.HttpResponse]]:
    """Wrap an HTTP function: validate the caller and their role first, present every error as problem+json."""

    def wrap(work: Work) -> Callable[[func.HttpRequest], func.HttpResponse]:
        def run(req: func.HttpRequest) -> func.HttpResponse:
            try:
                caller = _admitted(req, function_name)
                with _acting_for(caller, may_write=req.method not in _READING):
                    return work(req, caller)
            except InteractionRequired as required:
                return problem_response(problem_from_interaction(required))
            except Problem as problem:
                return problem_response(problem)
            except SyncError as error:
                _log.warning("%s", error)
                return problem_response(problem_from_error(error))
            except (ConnectWiseError, DataverseError) as error:
                classified = classify(error, writing=False)
                _log.warning("%s", classified)
                return problem_response(problem_from_error(classified))
            except Exception:  # noqa: BLE001  the outermost edge: the host would answer an empty 500
                _log.exception("an HTTP function failed: %s", function_name)
                return problem_response(_internal_error())

        # functools.wraps would show the worker the parameters of `work`, and it indexes a function by them.
        run.__name__, run.__doc__, run.__module__ = work.__name__, work.__doc__, work.__module__
        return run

    return wrap


def _admitted(req: func.HttpRequest, function_name: str) -> Caller:
    """Return the caller; raise Problem unless they may call this function, now, with a body of this length."""
    root = composition()
    caller = root.token_validator.caller(req.headers.get("Authorization"))
    require_role(caller, function_name)
    root.caller_limits.admit(caller.object_id)
    if len(req.get_body()) > MOST_BODY_BYTES:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_too_large", "Select fewer records: the request is over 4 MiB."
        )
    return caller


@contextmanager
def _acting_for(caller: Caller, *, may_write: bool) -> Iterator[None]:
    """Tell the composition who the request is for."""
    before = caller_of_request.set(caller)
    try:
        if may_write:
            composition().sign_in_for_caller()
        yield
    finally:
        caller_of_request.reset(before)


def body_as(req: func.HttpRequest, model: type[_Model]) -> _Model:
    """Read the body as this model; raise Problem 400 naming each fault."""
    try:
        return model.model_validate_json(req.get_body())
    except ValidationError as error:
        raise problem_from_validation(error) from None


def json_response(body: dict[str, Any], status: int = HTTPStatus.OK) -> func.HttpResponse:
    """Return a JSON answer that no cache keeps."""
    return func.HttpResponse(
        json.dumps(body), status_code=int(status), mimetype="application/json", headers={"Cache-Control": "no-store"}
    )


def _internal_error() -> Problem:
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something went wrong inside the app; try again, and if it fails again tell support the reference.",
    )
