"""README.md names every control route, every kind of fault, every command and every option."""

import argparse
from importlib import import_module
from types import SimpleNamespace
from typing import cast

import pytest

from emulators.__main__ import COMMANDS, EMULATORS
from emulators.control_plane import Clock, Emulated
from emulators.control_plane.faults import KINDS, Faults
from emulators.control_plane.latency import Latency
from emulators.control_plane.request_log import RequestLog
from emulators.control_plane.routes import ControlRoutes
from emulators.stack.part import ROOT

pytestmark = pytest.mark.emulator
TEXT = (ROOT / "emulators" / "README.md").read_text(encoding="utf-8")


def test_it_says_first_what_the_emulators_are_not() -> None:
    assert TEXT.startswith("# Emulators\n\n## What these are not\n")


def test_every_control_route_is_described() -> None:
    emulated = cast("Emulated", SimpleNamespace(name="any", clock=Clock()))
    routes = ControlRoutes(emulated, Faults(), Latency(), RequestLog(lambda _method, path: path))
    for method, name in routes._routes:
        rows = [line for line in TEXT.splitlines() if line.startswith("| `") and name in line.split("|")[1]]
        assert any(f"`{method}" in row for row in rows), f"{method} {name}"


def test_every_kind_of_fault_is_described() -> None:
    for kind in KINDS:
        assert f"| `{kind}`" in TEXT


def test_every_command_and_option_is_named() -> None:
    for name in EMULATORS:
        assert f"python -m emulators {name}" in TEXT
    for name, (module, _) in COMMANDS.items():
        assert f"python -m emulators {name}" in TEXT
        parser = argparse.ArgumentParser(add_help=False)
        import_module(module).add_arguments(parser)
        for action in parser._actions:
            for option in action.option_strings:
                assert option in TEXT or option == "--check", option
