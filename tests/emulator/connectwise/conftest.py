"""Fixtures of the ConnectWise emulator's tests."""

import pytest

from tests.emulator.connectwise.harness import Tenant


@pytest.fixture
def tenant() -> Tenant:
    """A tenant with the setup lists and the small default seed: companies 250-252, agreements 412-414."""
    return Tenant()
