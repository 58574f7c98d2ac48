"""`childConditions` on array members and `customFieldConditions` (connectwise.md 3.2)."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from emulators.connectwise.conditions.names import Name, child_names
from emulators.connectwise.conditions.predicates import Predicate, compile_expression
from emulators.connectwise.conditions.syntax import All, AnyOf, Comparison, Expression, Membership, parse
from emulators.connectwise.errors import find_condition
from emulators.connectwise.schema import Kind, Member

Arrays = Callable[[Any, str], list[Mapping[str, Any]]]


def child_predicate(text: str, members: Mapping[str, Member], arrays: Arrays) -> Predicate:
    """Return a test that holds when one element of each named array fulfils the filter together.

    `arrays` gives the elements of an array member of a row as an answer shows them. Raises ApiError.
    """
    expression = _without_in(parse(text), "childConditions")
    names = child_names(members)
    used = sorted({_steps(path, names)[0] for path in _paths(expression)})

    def find(path: str) -> Name:
        steps = _steps(path, names)
        slot = used.index(steps[0])
        return Name(lambda chosen: _walk(chosen[slot], steps[1:]), names[path.lower()][1])

    holds = compile_expression(expression, find)
    return lambda row: any(holds(chosen) for chosen in product(*(arrays(row, name) for name in used)))


def custom_field_predicate(text: str, fields_of: Callable[[Any], list[Mapping[str, Any]]]) -> Predicate:
    """Return a test that holds when one custom field fulfils the filter; names are caption and value."""
    expression = _without_in(parse(text), "customFieldConditions")
    kinds = {"caption": Kind.TEXT, "value": Kind.ANY}

    def find(path: str) -> Name:
        name = path.lower()
        if name not in kinds:
            raise find_condition(f"{path} is not a recognized name.")
        return Name(lambda custom_field: custom_field.get(name), kinds[name])

    holds = compile_expression(expression, find)
    return lambda row: any(holds(custom_field) for custom_field in fields_of(row))


def _without_in(expression: Expression, parameter: str) -> Expression:
    if any(isinstance(leaf, Membership) for leaf in _leaves(expression)):
        raise find_condition(f"The operator in is not available in {parameter}.")
    return expression


def _leaves(expression: Expression) -> Iterator[Comparison | Membership]:
    if isinstance(expression, All | AnyOf):
        for term in expression.terms:
            yield from _leaves(term)
    else:
        yield expression


def _paths(expression: Expression) -> Iterator[str]:
    return (leaf.path for leaf in _leaves(expression))


def _steps(path: str, names: Mapping[str, tuple[tuple[str, ...], Kind]]) -> tuple[str, ...]:
    known = names.get(path.lower())
    if known is None:
        raise find_condition(f"{path} is not a recognized name.")
    return known[0]


def _walk(element: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        element = element.get(step) if isinstance(element, Mapping) else None
    return element
