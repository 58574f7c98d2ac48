"""One stack for all tests of the app: Azurite, the emulators and two hosts on free loopback ports."""

from collections.abc import Iterator

import pytest

from emulators.seeds import bulk
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider

# Short times, so that an unknown outcome can be settled within a test; L > 2 T > 2 (connect + read) still holds.
TIMES = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_CONNECTWISE_CONNECT_TIMEOUT_SECONDS": "1",
    "PSASYNC_CONNECTWISE_READ_TIMEOUT_SECONDS": "2",
    "PSASYNC_POST_COMMIT_SECONDS": "4",
    "PSASYNC_LEASE_SECONDS": "12",
    "PSASYNC_DATAVERSE_REQUESTS_PER_MINUTE": "60000",
}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Run the parts for the whole session."""
    with Stack(hosts=2, host_variables=TIMES, host_options=["--no-schedules", "--invisibility", "60"]) as running:
        yield running


@pytest.fixture
def outsider(stack: Stack) -> Outsider:
    """Return an outside program on a stack with 30 pushable lines, on 2 invoices and 2 agreements."""
    program = Outsider(stack)
    program.replace_rows(bulk.build(lines=30, agreements=2))
    return program
