"""One part of the stack: a child process that says with one JSON line that it is ready."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from emulators.control_plane.leash import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
_STOP_SECONDS = 15
_GLANCE_SECONDS = 0.1


class PartFailed(Exception):
    """A part did not start, or died; the text says which one and what it said last."""


class Part:
    """A running child process that ends with the `with` block; `log` takes its stderr (None: our own)."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = name
        self._log = log
        self._unread = b""
        self._stdout: int | None
        self._stdout, child_stdout = os.pipe()
        with log.open("ab") if log else nullcontext() as stderr:
            # a session of its own: Ctrl-C must reach the launcher alone, which then ends the parts in order
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {}), VARIABLE: "1"},
                stdin=subprocess.PIPE,  # its end tells the child that we are gone
                stdout=child_stdout,
                stderr=stderr,
                start_new_session=True,
            )
        os.close(child_stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ready(self, seconds: float = READY_SECONDS, interrupted: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Wait for the JSON line and return it; raises PartFailed."""
        document: dict[str, Any] = json.loads(self.line(monotonic() + seconds, interrupted))
        return document

    def line(self, deadline: float, interrupted: Callable[[], bool] = lambda: False) -> str:
        """Return the next line of its stdout; raises PartFailed.

        Waits until `deadline` on the monotonic clock, or until `interrupted` says yes.
        """
        while b"\n" not in self._unread:
            if interrupted():
                raise self.failure("was interrupted while it started")
            if monotonic() > deadline:
                raise self.failure("was not ready in time")
            if self._stdout is None:
                raise self.failure("was stopped")
            readable, _, _ = select.select(
                [self._stdout], [], [], max(0.0, min(_GLANCE_SECONDS, deadline - monotonic()))
            )
            if not readable:
                continue
            piece = os.read(self._stdout, 65536)
            if not piece:
                self.process.wait()
                raise self.failure(f"ended with exit code {self.process.returncode} before it was ready")
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("utf-8", "replace")

    def failure(self, what: str) -> PartFailed:
        """Return the error that says what happened to this part and what its log says last."""
        said = ""
        if self._log and self._log.is_file():
            lines = self._log.read_text(errors="replace").strip().splitlines()
            said = f"; its log {self._log} ends with: {lines[-1]}" if lines else f"; its log {self._log} is empty"
        return PartFailed(f"{self.name} {what}{said}")

    def kill(self) -> None:
        """End the process at once (SIGKILL) and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask the process to end (SIGTERM), insist after 15 s, and wait until it is gone; may be called again."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self._stdout is not None:
            os.close(self._stdout)
            self._stdout = None


def python_part(
    name: str, *arguments: str, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Part:
    """Start `python -m emulators <arguments>`."""
    return Part(name, [sys.executable, "-m", "emulators", *arguments], environment=environment, log=log)
