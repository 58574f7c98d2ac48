"""One emulator for all contract tests of the client; each test begins with an empty store."""

from collections.abc import Iterator

import pytest

from tests.contract.dataverse.target import Target, running_emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Target]:
    """The running emulator."""
    with running_emulator() as target:
        yield target


@pytest.fixture
def target(emulator: Target) -> Target:
    """The emulator with nothing but a connector in it."""
    emulator.reset()
    return emulator
