"""What a list is asked for: conditions, members and order, within the length of a URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import BaseModel

from connectwise.conditions import Condition, encoded

LONGEST_URL = 1900
"""Encoded characters; the Developer Guide recommends 2,000 at most, a server has refused longer ones with 414."""


@dataclass(frozen=True, slots=True)
class Query:
    """Filters and shape of a list; `fields` trims the answer to these members (`company/id`).

    Raises ValueError for `in` among child or custom field conditions, where ConnectWise does not know it.
    """

    conditions: Condition | None = None
    child_conditions: Condition | None = None
    custom_field_conditions: Condition | None = None
    fields: Sequence[str] = ()
    order_by: str | None = None

    def __post_init__(self) -> None:
        for condition in (self.child_conditions, self.custom_field_conditions):
            if condition is not None and condition.uses_in:
                raise ValueError("`in` is not available in child conditions and custom field conditions")

    def parameters(self) -> dict[str, str]:
        """Return the query parameters that are set."""
        filters = {
            "conditions": self.conditions,
            "childConditions": self.child_conditions,
            "customFieldConditions": self.custom_field_conditions,
        }
        parameters = {name: condition.text for name, condition in filters.items() if condition is not None}
        if self.fields:
            parameters["fields"] = ",".join(self.fields)
        if self.order_by:
            parameters["orderBy"] = self.order_by
        return parameters

    def narrowed(self, condition: Condition) -> "Query":
        """Return this query with other conditions."""
        return replace(self, conditions=condition)


def url_with(address: str, parameters: Mapping[str, str]) -> str:
    """Return the address with encoded parameters."""
    query = "&".join(f"{name}={encoded(value)}" for name, value in parameters.items())
    return f"{address}?{query}" if query else address


def fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the member paths that a record model reads, for `fields`; unknown ones are ignored by the server."""
    return tuple(_member_paths(model, ""))


def _member_paths(model: type[BaseModel], prefix: str) -> list[str]:
    paths: list[str] = []
    for name, described in model.model_fields.items():
        member = prefix + (described.alias or name)
        inner = _record_model(described.annotation)
        paths.extend([member] if inner is None else _member_paths(inner, f"{member}/"))
    return paths


def _record_model(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
