"""Fixtures of the Dataverse emulator's tests."""

import pytest

from tests.emulator.dataverse.harness import Organization


@pytest.fixture
def org() -> Organization:
    """An environment with the setup rows and the small default seed."""
    return Organization()
