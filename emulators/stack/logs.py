"""Where the parts of one run write their logs."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from emulators.stack.part import ROOT

_KEPT_RUNS = 10


def log_folder(data: Path | None) -> Path:
    """Return a new folder for the logs of this run: in the data folder, else in .local/logs; old ones are deleted."""
    logs = (data / "logs") if data else ROOT / ".local" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder for folder in logs.iterdir() if folder.is_dir())[: 1 - _KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    folder = logs / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    return folder
