"""A stack for the tests of identity: Entra over https, one host that signs in on behalf of people, one that cannot.

No host works on the queue by itself, so that a test can change the world between Save and run.
"""

from collections.abc import Iterator

import pytest

from emulators.entra.directory import CLIENT_SECRET
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider
from tests.emulator.security.people import Office

ON_BEHALF, AS_THE_APP = 0, 1
"""Hosts by how they act for a person: with the person's own token, or with the app's and `CallerObjectId`."""

VARIABLES = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_DATAVERSE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_REQUESTS_PER_MINUTE_PER_PERSON": "600000",
    "PSASYNC_API_CLIENT_SECRET": CLIENT_SECRET,
    "AzureWebJobs.work_chunk.Disabled": "true",
}


@pytest.fixture(scope="session")
def secure_stack() -> Iterator[Stack]:
    """Run the parts for the whole session."""
    with Stack(hosts=1, tls=True, host_variables=VARIABLES, host_options=["--no-schedules"]) as running:
        del running.host_variables["PSASYNC_API_CLIENT_SECRET"]
        running.start_host()
        yield running


@pytest.fixture
def office(secure_stack: Stack) -> Office:
    """Two business units with one clerk each: Nina owns invoice 0 with its lines, Sam invoice 1."""
    outsider = Outsider(secure_stack)
    outsider.session.trust_env = False  # a bundle named by the machine would be believed instead
    outsider.session.verify = str(secure_stack.logs / "tls" / "ca.pem")
    return Office(outsider)
