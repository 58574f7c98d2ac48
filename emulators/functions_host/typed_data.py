"""Values between the host and a function: the SDK's own converters plus the worker's generic binding.

A parameter or output annotated `str` or `bytes` bypasses the converter of its binding (functions.md 3.4, 5.11).
"""

import json
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

GENERIC = "generic"


def converter(binding_type: str) -> Any:
    """Return the SDK's converter class of a binding type, or the generic one."""
    return func.get_binding_registry().get(binding_type) or Generic


def encode(binding_type: str, value: Any, expected_type: Any) -> Datum | None:
    """Turn what a function returned or set into data for the host; raises TypeError where the worker does."""
    try:
        datum: Datum | None = converter(binding_type).encode(value, expected_type=expected_type)
    except NotImplementedError:
        told = f"a value of type {type(value).__name__} for the binding {binding_type}"
        raise TypeError(f"unable to encode outgoing TypedData: {told}") from None
    return datum


class Generic:
    """The worker's converter for plain text and bytes."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Tell whether an input may have this annotation."""
        return issubclass(pytype, str | bytes)

    @classmethod
    def check_output_type_annotation(cls, pytype: type) -> bool:
        """Tell whether an output may have this annotation."""
        return issubclass(pytype, str | bytes | bytearray)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: Any) -> Any:  # noqa: ARG003  # the shape of all converters
        """Return the bare value."""
        return data.value

    @classmethod
    def encode(cls, value: Any, *, expected_type: Any) -> Datum:  # noqa: ARG003  # the shape of all converters
        """Return text and bytes as they are, other values as the JSON or text that reaches the host."""
        if isinstance(value, str):
            return Datum(value, "string")
        if isinstance(value, bytes | bytearray):
            return Datum(bytes(value), "bytes")
        if value is None:
            return Datum(None, None)
        if isinstance(value, dict | list):
            return Datum(json.dumps(value), "json")
        if isinstance(value, int | float):
            return Datum(str(int(value) if isinstance(value, bool) else value), "string")
        raise NotImplementedError
