"""Azurite, the storage emulator: installed once into the state folder, started with node (functions.md 2.1)."""

import fcntl
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from emulators.stack.part import READY_SECONDS, ROOT, Part, PartFailed

ACCOUNT = "devstoreaccount1"
# the well-known key of the emulator, the same on every machine
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_PINS = ROOT / "emulators" / "azurite"
_PIN_FILES = ("package.json", "package-lock.json", ".npmrc")
_ENTRY = Path("node_modules/azurite/dist/src/azurite.js")
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")
_KEEP_ALIVE_SECONDS = "60"  # the default of 5 closes idle connections just as a polling client reuses them


class Azurite:
    """A running Azurite; ends with the `with` block. `ports` are blob, queue and table, 0 for any free one."""

    def __init__(self, *, ports: tuple[int, int, int] = (0, 0, 0), data: Path | None, log: Path | None = None) -> None:
        blob, queue, table = (str(port) for port in ports)
        self.part = Part("azurite", _command(blob, queue, table, data), log=log)
        self._addresses: dict[str, str] = {}

    def wait(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Wait until it listens, or until `interrupted` says yes; raises PartFailed."""
        deadline = monotonic() + READY_SECONDS
        while len(self._addresses) < 3:
            match = _LISTENING.search(self.part.line(deadline, interrupted))
            if match:
                self._addresses[match[1]] = match[2]

    @property
    def queue_address(self) -> str:
        """Return the base address of the Queue service with the account in its path."""
        return f"{self._addresses['Queue']}/{ACCOUNT}"

    @property
    def connection_string(self) -> str:
        """Return what `AzureWebJobsStorage` must hold."""
        endpoints = "".join(f"{name}Endpoint={base}/{ACCOUNT};" for name, base in sorted(self._addresses.items()))
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"


def _command(blob: str, queue: str, table: str, data: Path | None) -> list[str]:
    node = shutil.which("node")
    if node is None:
        raise PartFailed("azurite needs Node 20 or later, and there is no node on the path")
    storage = ["--location", str(data)] if data else ["--inMemoryPersistence"]
    return [
        node,
        *("--require", str(_PINS / "leash.cjs")),
        str(_installed() / _ENTRY),
        "--silent",
        "--disableTelemetry",
        "--skipApiVersionCheck",  # clients are newer than this release; Azure itself accepts them
        *storage,
        *("--blobPort", blob, "--queuePort", queue, "--tablePort", table),
        *("--blobKeepAliveTimeout", _KEEP_ALIVE_SECONDS, "--queueKeepAliveTimeout", _KEEP_ALIVE_SECONDS),
        *("--tableKeepAliveTimeout", _KEEP_ALIVE_SECONDS),
    ]


def _installed() -> Path:
    """Return the folder of the pinned release, installed there when it is not."""
    folder = ROOT / ".local" / "azurite"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "azurite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(folder):
            _install(folder)
    return folder


def _is_current(folder: Path) -> bool:
    pinned, present = _PINS / "package-lock.json", folder / "package-lock.json"
    # npm writes its own list last: without it an installation was cut short
    complete = (folder / _ENTRY).is_file() and (folder / "node_modules" / ".package-lock.json").is_file()
    return complete and present.is_file() and present.read_bytes() == pinned.read_bytes()


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PartFailed("azurite must be installed first, and there is no npm on the path")
    for name in _PIN_FILES:
        shutil.copyfile(_PINS / name, folder / name)
    done = subprocess.run([npm, "ci"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PartFailed(f"azurite could not be installed: npm ci ended with {done.returncode}: {done.stderr[-500:]}")
