"""A toy emulator in a process of its own, asked over real sockets."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.stack.part import ROOT, Part

TOY = Path(__file__).with_name("toy.py")


class ToyClient:
    """The toy seen from outside; every request opens a connection of its own, so that no drop is retried."""

    def __init__(self, url: str, authority: Path | None = None) -> None:
        self.url = url
        self.verify: str | bool = str(authority) if authority else True

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=10, verify=self.verify, **options)

    def control(self, method: str, name: str, **options: Any) -> Any:
        return self.call(method, f"/_emulator/{name}", **options).json()

    def things(self) -> list[str]:
        things: list[str] = self.control("GET", "state")["things"]
        return things

    def clear(self) -> None:
        for method, name in (("DELETE", "faults"), ("DELETE", "latency"), ("DELETE", "requests"), ("POST", "reset")):
            self.control(method, name)
        self.control("POST", "clock", json={})


@pytest.fixture(scope="session")
def _toy_process() -> Iterator[ToyClient]:
    with Part("toy", [sys.executable, str(TOY)], environment={"PYTHONPATH": str(ROOT)}) as part:
        yield ToyClient(part.ready()["url"])


@pytest.fixture
def toy(_toy_process: ToyClient) -> ToyClient:
    _toy_process.clear()
    return _toy_process
