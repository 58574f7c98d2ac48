"""The server announces itself, stays on the loopback, keeps connections, and ends cleanly."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from emulators.stack.part import ROOT, Part, PartFailed
from tests.emulator.control_plane.conftest import TOY

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_exit_code_0_and_without_a_word(number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Part("toy", [sys.executable, str(TOY)], environment={"PYTHONPATH": str(ROOT)}, log=log) as part:
        ready = part.ready()
        assert ready == {"part": "toy", "url": ready["url"]}
        with requests.Session() as session:  # an idle connection must not hold it up
            session.get(ready["url"] + "/things", timeout=10)
            part.process.send_signal(number)
            assert part.process.wait(10) == 0
    assert log.read_text() == ""


def test_it_listens_on_the_loopback_only() -> None:
    with Part("toy", [sys.executable, str(TOY)], environment={"PYTHONPATH": str(ROOT)}) as part:
        url = urlsplit(part.ready()["url"])
        assert url.hostname == "127.0.0.1"
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", url.port))


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = f"from emulators.control_plane import serve; serve(None, port={port}, ready={{}})"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == f"cannot listen on 127.0.0.1:{port}: Address already in use"


def test_a_part_that_dies_before_it_is_ready_is_named_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no luck today')"
    part = Part("oracle", [sys.executable, "-c", code], log=tmp_path / "log")
    told = r"oracle ended with exit code 1 before .* ends with: no luck today"
    with part, pytest.raises(PartFailed, match=told):
        part.ready()


def test_a_part_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    part = Part("sloth", ["sleep", "60"], log=tmp_path / "log")
    with part, pytest.raises(PartFailed, match=r"sloth was not ready in time; its log .* is empty"):
        part.ready(0.05)
    assert part.process.returncode == -signal.SIGTERM
