"""Azurite and one host of the sample app for all tests of this folder."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.storage.queue import QueueClient, QueueServiceClient

from emulators.stack.azurite import Azurite
from emulators.stack.part import Part, python_part

APPS = Path(__file__).with_name("apps")
API_VERSION = "2025-11-05"


def eventually(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """Return the first true value of `condition`, asked again and again."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)
    return value


class HostClient:
    """A running host seen from outside."""

    def __init__(self, part: Part, connection_string: str, prefix: str) -> None:
        self.part = part
        self.url: str = part.ready()["url"]
        self.connection_string = connection_string
        self.prefix = prefix
        self._session = requests.Session()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self.url + path, timeout=20, **options)

    def events(self, function: str) -> list[dict[str, Any]]:
        return [event for event in self.call("GET", "/api/events").json() if event["function"] == function]

    def bodies(self, function: str) -> list[str]:
        return [event["body"] for event in self.events(function)]

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.call("GET", "/_emulator/state").json()
        return state

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.connection_string, f"{self.prefix}-{name}", api_version=API_VERSION
        )

    def send(self, name: str, text: str) -> None:
        self.send_raw(name, base64.b64encode(text.encode()).decode())

    def send_raw(self, name: str, text: str) -> None:
        queue = self.queue(name)
        with queue:
            if queue.queue_name not in queues_of(self.connection_string):
                queue.create_queue()
            queue.send_message(text)

    def waiting(self, name: str) -> int:
        with self.queue(name) as queue:
            return int(queue.get_queue_properties().approximate_message_count or 0)


def queues_of(connection_string: str) -> set[str]:
    with QueueServiceClient.from_connection_string(connection_string, api_version=API_VERSION) as service:
        return {str(queue.name) for queue in service.list_queues()}


@contextmanager
def hosted(
    storage: str,
    app: str | Path = "sample",
    *options: str,
    prefix: str | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[HostClient]:
    prefix = prefix or f"t{uuid4().hex[:12]}"
    settings = {
        "AzureWebJobsStorage": storage,
        "PREFIX": prefix,
        "SCHEDULE": "0 0 4 * * *",
        "AzureWebJobs.switched_off.Disabled": "true",
        **(environment or {}),
    }
    arguments = ["host", "--app", str(APPS / app), "--port", "0", *options]
    with python_part("host", *arguments, environment=settings, log=log) as part:
        yield HostClient(part, storage, prefix)


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    azurite = Azurite(data=None)
    with azurite.part:
        azurite.wait()
        yield azurite.connection_string


@pytest.fixture(scope="session")
def _sample(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostClient]:
    log = tmp_path_factory.mktemp("host") / "host.log"
    with hosted(storage, "sample", "--master-key", "master", "--host-key", "function", log=log) as client:
        yield client


@pytest.fixture
def host(_sample: HostClient) -> HostClient:
    """The shared host, with no events of earlier tests."""
    _sample.call("DELETE", "/api/events")
    return _sample
