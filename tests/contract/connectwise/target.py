"""The HTTP target of the contract tests: the ConnectWise emulator, started once, and its control plane."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from connectwise.client import ConnectWiseClient
from connectwise.credentials import Credentials
from connectwise.records import NewAddition
from connectwise.tenant import ConnectWiseTenant
from transport import RateLimiter, Repeats, Secret, Timeouts, Transport

ROOT = Path(__file__).parents[3]
AGREEMENT = 412
ADDITIONS = f"/finance/agreements/{AGREEMENT}/additions"


class Target:
    """The emulator behind `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._transports: list[Transport] = []

    def transport(self, **options: Any) -> Transport:
        defaults = {
            "timeouts": Timeouts(connect=2.0, read=10.0),
            "limiter": RateLimiter(requests_per_minute=100_000, in_flight=8),
            "pool_size": 8,
            "repeats": Repeats(first_wait=0.001, longest_wait=0.01),
        }
        self._transports.append(Transport(**(defaults | options)))
        return self._transports[-1]

    def client(self, *, private_key: str = "emulator-private", transport: Transport | None = None, **options: Any):
        defaults = {
            "site_url": self.url,
            "company": "contoso",
            "credentials": Credentials(
                Secret("emulator-public"), Secret(private_key), Secret("0f0f0f0f-0000-4000-8000-000000000000")
            ),
            "api_version": "2025.1",
            "transport": transport or self.transport(),
            "allowed_hosts": ["127.0.0.1"],
        }
        return ConnectWiseClient(**(defaults | options))

    def tenant(self, **options: Any) -> ConnectWiseTenant:
        return ConnectWiseTenant(self.client(**options))

    def control(self, method: str, route: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_emulator/{route}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, *, method: str = "POST", path: str = "additions", times: int = 1, **more: Any) -> None:
        match = {"method": method, "path": path}
        self.control("POST", "faults", {"match": match, "kind": kind, "times": times, **more})

    def calls(self, route: str) -> int:
        """How often a route (`GET /finance/agreements`) was called since the test began."""
        return int(self.control("GET", "requests")["counts"].get(route, 0))

    def total(self) -> int:
        return int(self.control("GET", "requests")["total"])

    def markers(self) -> list[str]:
        """The serial numbers of all additions that the store holds."""
        stored = self.control("GET", f"state?collection={ADDITIONS}")
        return [row["serialNumber"] for row in stored["rows"] if "serialNumber" in row]

    def close(self) -> None:
        for transport in self._transports:
            transport.close()
        self._transports.clear()


def addition(marker: str, **changes: Any) -> NewAddition:
    members = {
        "product_id": 990,
        "quantity": Decimal("1.5"),
        "unit_price": Decimal("-12.345"),
        "unit_cost": Decimal("10.1"),
        "bill_customer": "Billable",
        "effective_date": datetime(2025, 8, 1, tzinfo=UTC),
        "cancelled_date": datetime(2025, 8, 31, tzinfo=UTC),
        "taxable_flag": False,
        "invoice_description": 'Sample "365"\nsecond \\ line',
        "serial_number": marker,
    }
    return NewAddition(**(members | changes))


@contextmanager
def running_emulator() -> Iterator[Target]:
    """Start the emulator on a free port and end it afterwards."""
    command = [sys.executable, "-m", "emulators", "connectwise", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Target(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
            process.wait(timeout=10)
