"""The HTTP target of the contract tests: the Dataverse emulator, started once, and its control plane."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from dataverse.client import DataverseClient
from transport import RateLimiter, Repeats, Timeouts, Transport

ROOT = Path(__file__).parents[3]
CONNECTOR = "88888888-8888-4888-8888-000000000001"
USD = "77777777-7777-4777-8777-000000000001"
JPY = "77777777-7777-4777-8777-000000000004"
ADMIN = "33333333-3333-4333-8333-000000000001"
CLERK = "33333333-3333-4333-8333-000000000002"
READER = "33333333-3333-4333-8333-000000000003"


def guid(table: str, number: int = 1) -> str:
    """Return the same GUID for the same table and number."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{table}/{number}"))


class Target:
    """The emulator behind `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self.transport = Transport(
            timeouts=Timeouts(connect=2.0, read=10.0),
            limiter=RateLimiter(requests_per_minute=100_000, in_flight=8),
            pool_size=4,
            repeats=Repeats(first_wait=0.02, longest_wait=0.2),
        )

    def client(self, token: Callable[[], str] = lambda: "emulator") -> DataverseClient:
        return DataverseClient(base_url=self.url, token=token, transport=self.transport)

    def control(self, method: str, route: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/_emulator/{route}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        self.control("DELETE", "faults")
        self.control("POST", "clock", {})
        self.control("POST", "reset")
        self.control(
            "POST",
            "seed",
            {
                "psasync_connectors": [
                    {
                        "psasync_connectorid": CONNECTOR,
                        "psasync_name": "ConnectWise",
                        "psasync_siteurl": "https://na.myconnectwise.net",
                        "psasync_company": "contoso",
                        "psasync_credentialref": "CONTOSO",
                        "psasync_properties": '{"price_decimals": 2}',
                    }
                ]
            },
        )
        self.control("DELETE", "requests")

    def seed(self, **tables: list[dict[str, Any]]) -> None:
        self.control("POST", "seed", tables)
        self.control("DELETE", "requests")

    def fault(self, kind: str, *, path: str = ".", method: str = "POST", times: int = 1, **more: Any) -> None:
        match = {"method": method, "path": path}
        self.control("POST", "faults", {"match": match, "kind": kind, "times": times, **more})

    def close(self) -> None:
        self._session.close()
        self.transport.close()

    @contextmanager
    def counted(self, expected: int) -> Iterator[None]:
        """Assert how many requests the emulator gets inside the block."""
        self.control("DELETE", "requests")
        yield
        seen = self.control("GET", "requests")
        assert seen["total"] == expected, seen["counts"]


@contextmanager
def running_emulator() -> Iterator[Target]:
    """Start the emulator on a free port and end it afterwards."""
    command = [sys.executable, "-m", "emulators", "dataverse", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            target = Target(json.loads(process.stdout.readline())["url"])
            yield target
            target.close()
        finally:
            process.terminate()
            process.wait(timeout=10)
