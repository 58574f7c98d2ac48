"""What every test gets: a marker by its folder, Hypothesis without a stop-watch, and the long files first."""

from pathlib import Path

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

_TESTS = Path(__file__).parent
_MARKED_FOLDERS = ("unit", "contract", "emulator", "browser", "architecture")

set_hypothesis_home_dir(_TESTS.parent / ".local" / "cache" / "hypothesis")
# a deadline per example measures the machine, not the code
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

# Files that keep a worker busy for long. A worker that begins one at the very end lets the other one wait for it.
_LONG_FILES = (
    "emulator/app/test_push_under_fire.py",
    "emulator/security/test_schemathesis.py",
    "emulator/demo/test_demo.py",
    "emulator/app/test_push.py",
    "emulator/app/test_pull_delivered_twice.py",
    "emulator/app/test_push_rows.py",
    "emulator/security/test_searches.py",
    "emulator/connectwise/test_schema.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder that it lies in, and put the files that take long in front of the shuffled rest."""
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0]
        if folder in _MARKED_FOLDERS:
            item.add_marker(folder)
    places = {name: place for place, name in enumerate(_LONG_FILES)}
    items.sort(key=lambda item: places.get(item.path.relative_to(_TESTS).as_posix(), len(places)))
