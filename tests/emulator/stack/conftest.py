"""The launcher as a process, hosting the sample app of the host's tests."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from emulators.stack.part import ROOT

SAMPLE = ROOT / "tests" / "emulator" / "functions_host" / "apps" / "sample"
VARIABLES = {"PREFIX": "stack", "SCHEDULE": "0 0 4 * * *"}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Launcher:
    """A running `python -m emulators up`."""

    def __init__(self, *options: str, log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "emulators", "up", "--app", str(SAMPLE), *options],
                cwd=ROOT,
                env={**os.environ, **VARIABLES, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        self.document: dict[str, Any] = {}

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.document = json.loads(line)
        return self.document

    def pids(self) -> list[int]:
        processes = self.document["processes"]
        return [*processes["functions"], *(pid for name, pid in processes.items() if name != "functions")]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = monotonic() + 15
        while not (value := condition()):
            assert monotonic() < deadline, self.log.read_text()
            sleep(0.02)
        return value


Launch = Callable[..., Launcher]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start launchers that end with the test."""
    started: list[Launcher] = []

    def start(*options: str, environment: dict[str, str] | None = None) -> Launcher:
        launcher = Launcher(*options, log=tmp_path / f"launcher-{len(started)}.log", environment=environment)
        started.append(launcher)
        return launcher

    yield start
    for launcher in started:
        launcher.end()


def dataverse_rows(document: dict[str, Any], path: str) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{document['dataverse']}/api/data/v9.2/{path}",
        headers={"Authorization": f"Bearer {document['dataverse_token']}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["value"]
    return rows
