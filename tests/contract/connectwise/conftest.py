"""One emulator for all contract tests of the client; each test begins with the same small tenant and no faults."""

from collections.abc import Iterator

import pytest

from tests.contract.connectwise.target import Target, running_emulator

SEED = {
    "/company/companies": [
        {"id": 250, "identifier": "FABRIKAM", "name": "Fabrikam Sample GmbH", "site": {"id": 611, "name": "Main"}}
    ],
    "/company/contacts": [{"id": 3105, "firstName": "Ada", "lastName": "Example", "company": {"id": 250}}],
    "/procurement/catalog": [
        {
            "id": 990 + number,
            "identifier": f"CFQ7TTC0LFLX:000{number}-M",
            "description": f"Sample 365 number {number}",
            "customerDescription": "Sample 365",
            "productClass": "Agreement",
            "subcategory": {"id": 17},
            "type": {"id": 3},
            "price": 12.5,
        }
        for number in range(4)
    ],
    "/finance/agreements": [
        {
            "id": 412 + number,
            "name": f"Cloud {number}",
            "type": {"id": 12},
            "company": {"id": 250},
            "contact": {"id": 3105},
            "startDate": "2025-07-01T00:00:00Z",
            "billStartDate": "2025-07-01T00:00:00Z",
            "noEndingDateFlag": True,
            "billingCycle": {"id": 2},
            "prorateFlag": False,
        }
        for number in range(3)
    ],
}


@pytest.fixture(scope="session")
def emulator() -> Iterator[Target]:
    """The running emulator."""
    with running_emulator() as target:
        yield target


@pytest.fixture
def target(emulator: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The emulator with one company, four products and three agreements."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    emulator.control("DELETE", "faults")
    emulator.control("POST", "clock", {})
    switches = emulator.control("GET", "switches")
    off = {name: None if name == "requests_per_minute" else False for name in switches}
    emulator.control("POST", "switches", off)
    emulator.control("POST", "reset")
    emulator.control("POST", "seed", SEED)
    emulator.control("DELETE", "requests")
    yield emulator
    emulator.close()
