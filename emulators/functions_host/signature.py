"""The worker's checks of a function's parameters against its bindings (functions.md 3.4)."""

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azure.functions import Out
from azure.functions.decorators.core import BindingDirection

from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.typed_data import GENERIC, converter

RETURN = "$return"


@dataclass(frozen=True, slots=True)
class Parameter:
    """How one input, output or return value is converted."""

    binding_type: str
    pytype: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and outputs by parameter name; `returned` is None without a `$return` binding."""

    inputs: Mapping[str, Parameter]
    outputs: Mapping[str, Parameter]
    returned: Parameter | None
    wants_context: bool


def read_signature(name: str, call: Callable[..., Any], bindings: Sequence[Any]) -> Signature:
    """Return the checked signature of a function; raises StartRefused with the worker's kind of sentence."""
    try:
        return _read(call, bindings)
    except _MismatchError as mismatch:
        raise StartRefused(f"cannot load the {name} function: {mismatch}") from None


class _MismatchError(Exception):
    pass


def _read(call: Callable[..., Any], bindings: Sequence[Any]) -> Signature:
    parameters = list(inspect.signature(call).parameters)
    annotations = typing.get_type_hints(call)
    bound = {binding.name: binding for binding in bindings if binding.name != RETURN}
    wants_context = "context" in parameters and "context" not in bound
    if wants_context:
        parameters.remove("context")
        annotation = annotations.get("context")
        if annotation is not None and getattr(annotation, "__name__", "") != "Context":
            raise _MismatchError(f"the parameter context must be annotated azure.functions.Context, not {annotation!r}")
    _compare_names(set(parameters), set(bound))
    inputs: dict[str, Parameter] = {}
    outputs: dict[str, Parameter] = {}
    for parameter in parameters:
        is_output = bound[parameter].direction == BindingDirection.OUT.value
        (outputs if is_output else inputs)[parameter] = _parameter(
            parameter, bound[parameter].type, annotations.get(parameter), is_output=is_output
        )
    returned = next((binding for binding in bindings if binding.name == RETURN), None)
    return Signature(inputs, outputs, _returned(returned, annotations) if returned else None, wants_context)


def _compare_names(parameters: set[str], bound: set[str]) -> None:
    if parameters - bound:
        raise _MismatchError(f"parameters without a binding: {', '.join(sorted(parameters - bound))}")
    if bound - parameters:
        raise _MismatchError(f"bindings without a parameter: {', '.join(sorted(bound - parameters))}")


def _parameter(name: str, binding_type: str, annotation: Any, *, is_output: bool) -> Parameter:
    if annotation is None:
        return Parameter(binding_type, None)
    has_out = (typing.get_origin(annotation) or annotation) is Out
    if is_output and not has_out:
        raise _MismatchError(f"the output {name} must be annotated azure.functions.Out[...]")
    if has_out and not is_output:
        raise _MismatchError(f"the input {name} must not be annotated azure.functions.Out")
    pytype = annotation
    if has_out:
        arguments = typing.get_args(annotation)
        if len(arguments) != 1:
            raise _MismatchError(f"the output {name} must be annotated azure.functions.Out[...] with one type")
        pytype = arguments[0]
    if not isinstance(pytype, type) and typing.get_origin(pytype) is None:
        raise _MismatchError(f"the annotation of {name} is not a type: {annotation!r}")
    effective = GENERIC if pytype in (str, bytes) else binding_type
    used = converter(effective)
    fits = used.check_output_type_annotation(pytype) if is_output else used.check_input_type_annotation(pytype)
    if not fits:
        raise _MismatchError(f"the annotation {pytype!r} of {name} does not fit the binding {binding_type}")
    return Parameter(effective, pytype)


def _returned(binding: Any, annotations: Mapping[str, Any]) -> Parameter:
    if binding.direction != BindingDirection.OUT.value:
        raise _MismatchError("the binding $return must be an output")
    pytype = annotations.get("return")
    if "return" not in annotations:
        return Parameter(binding.type, None)
    if not isinstance(pytype, type):
        raise _MismatchError(f"the return annotation is not a type: {pytype!r}")
    if not converter(binding.type).check_output_type_annotation(pytype):
        raise _MismatchError(f"the return annotation {pytype!r} does not fit the binding {binding.type}")
    return Parameter(binding.type, pytype)
