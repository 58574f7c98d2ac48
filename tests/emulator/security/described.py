"""Holds answers of the running app against the models of its description, with no member that they do not name."""

import re
from functools import cache

import requests
from pydantic import ValidationError

from triggers.app import build_app
from triggers.openapi import ANSWERS
from triggers.openapi_answers.system import ProblemDocument


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, address and name of each function; an address without variable parts comes before one that has some."""
    found = []
    for function in build_app().get_functions():
        if function.is_http_function():
            trigger = function.get_trigger()
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(trigger.route))
            for method in trigger.methods:
                name = function.get_function_name()
                found.append((str(getattr(method, "value", method)), re.compile(pattern), name))
    return sorted(found, key=lambda one: one[1].pattern.count("[^/]+"))


def function_of(method: str, path: str) -> str | None:
    """Return the function that answers, None for an address of none."""
    address = path.partition("?")[0]
    return next((name for verb, route, name in _routes() if verb == method and route.fullmatch(address)), None)


def fault_of(method: str, path: str, answer: requests.Response) -> str | None:
    """Return what the description does not say of an answer, None when it says all."""
    name = function_of(method, path)
    if name is None:
        return None
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.status_code >= 400:
        model = ProblemDocument if media == "application/problem+json" else None
    elif media == "text/csv":
        return None
    else:
        model = ANSWERS[name].get(answer.status_code) if media == "application/json" else None
    if model is None:
        return f"{name} answers {answer.status_code} {media}, which triggers/openapi.py does not name"
    try:
        model.model_validate_json(answer.content, strict=True, extra="forbid")
    except ValidationError as wrong:
        return f"{name} answers {answer.status_code} in another shape than {model.__module__}.{model.__name__}: {wrong}"
    return None
