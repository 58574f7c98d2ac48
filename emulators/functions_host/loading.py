"""Loads function_app.py as Microsoft's worker does (functions.md 3.4, 5.1)."""

import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.settings import Settings
from emulators.functions_host.signature import Signature, read_signature

SCRIPT = "function_app.py"
_TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
_BINDINGS = (*_TRIGGERS, "http", "queue")


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """One function that passed the worker's checks; `trigger` is the SDK's own object."""

    name: str
    call: Callable[..., Any]
    is_async: bool
    directory: str
    trigger: Any
    signature: Signature
    queue_outputs: dict[str, Any]
    bindings: list[dict[str, Any]]

    @property
    def trigger_type(self) -> str:
        """Return `httpTrigger`, `queueTrigger` or `timerTrigger`."""
        return str(self.trigger.type)


def load_functions(directory: Path, settings: Settings, only: tuple[str, ...] | None = None) -> list[LoadedFunction]:
    """Return the enabled functions of the app in `directory`, in the order of its list; raises StartRefused.

    `only` is the list `functions` of host.json.
    """
    app = _single_app(_import_script(directory))
    try:
        indexed = app.get_functions()  # once: a second call fails, the app remembers the names
    except ValueError as error:
        raise StartRefused(f"the app cannot be indexed: {error}") from error
    functions = [_loaded(function) for function in indexed]
    return [
        function
        for function in functions
        if not settings.is_disabled(function.name) and (only is None or function.name in only)
    ]


def _import_script(directory: Path) -> ModuleType:
    script = directory / SCRIPT
    if not script.is_file():
        raise StartRefused(f"{script} is missing")
    os.chdir(directory)
    sys.path.insert(0, str(directory))
    spec = importlib.util.spec_from_file_location("function_app", script)
    if spec is None or spec.loader is None:
        raise StartRefused(f"{script} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    spec.loader.exec_module(module)
    return module


def _single_app(module: ModuleType) -> Any:
    apps = [name for name in dir(module) if isinstance(getattr(module, name), func.FunctionRegister)]
    if not apps:
        raise StartRefused(f"{SCRIPT} holds no function app at its top level")
    if len(apps) > 1:
        raise StartRefused(f"{SCRIPT} must hold exactly one function app at its top level; it holds {', '.join(apps)}")
    return getattr(module, apps[0])


def _loaded(function: Any) -> LoadedFunction:
    name = function.get_function_name()
    bindings = function.get_bindings()
    for binding in bindings:
        if binding.type not in _BINDINGS:
            raise StartRefused(f"the function {name} uses {binding.type}, which is not emulated")
    call = function.get_user_function()
    return LoadedFunction(
        name=name,
        call=call,
        is_async=inspect.iscoroutinefunction(call),
        directory=str(Path(inspect.getfile(call)).parent),
        trigger=function.get_trigger(),
        signature=read_signature(name, call, bindings),
        queue_outputs={binding.name: binding for binding in bindings if binding.type == "queue"},
        bindings=[json.loads(binding) for binding in function.get_raw_bindings()],
    )
