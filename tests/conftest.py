"""What every test gets: a marker by its folder, and Hypothesis without a stop-watch."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder that it lies in."""
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0]
        if folder in _MARKED_FOLDERS:
            item.add_marker(folder)
