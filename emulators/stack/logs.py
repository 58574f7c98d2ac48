"""Where the parts of one run write their logs."""

import itertools
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from emulators.stack.part import ROOT

_KEPT_RUNS = 10


def log_folder(data: Path | None) -> Path:
    """Return a new folder for the logs of this run: in the data folder, else in .local/logs.

    Of the runs that are over the last ten stay.
    """
    logs = (data / "logs") if data else ROOT / ".local" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    over = sorted(folder for folder in logs.iterdir() if folder.is_dir() and not _is_running(folder))
    for old in over[: 1 - _KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    for number in itertools.count():
        folder = logs / f"{stem}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there are numbers enough")


def _is_running(folder: Path) -> bool:
    words = folder.name.split("-")
    return len(words) > 1 and words[1].isdecimal() and Path(f"/proc/{words[1]}").exists()
