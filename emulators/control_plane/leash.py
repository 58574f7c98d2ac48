"""Ends a process when whoever started it is gone, even if that was killed."""

import os
import signal
from threading import Thread

_STDIN = 0
VARIABLE = "EMULATORS_END_WITH_STDIN"


def end_with_starter() -> None:
    """End by SIGTERM at the end of standard input, if the starter asked for it in the environment."""
    if os.environ.get(VARIABLE):
        Thread(target=_wait, name="leash", daemon=True).start()


def _wait() -> None:
    while os.read(_STDIN, 4096):  # not sys.stdin: its lock would break the end of the interpreter
        pass
    os.kill(os.getpid(), signal.SIGTERM)
