"""COVERAGE.md is what the route tables say."""

from importlib import import_module

import pytest

from emulators.stack import coverage

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("name", ["connectwise", "dataverse", "entra"])
def test_every_emulator_lists_its_operations_once(name: str) -> None:
    operations = import_module(f"emulators.{name}").coverage()
    assert operations
    keys = [(method, path) for method, path, _ in operations]
    assert len(set(keys)) == len(keys)


def test_the_file_is_current() -> None:
    assert coverage.FILE.read_text(encoding="utf-8") == coverage.text(), "run `python -m emulators coverage`"
