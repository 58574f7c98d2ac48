"""All parts together, for the command line and for tests."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emulators.control_plane.tls import tls_files
from emulators.stack.azurite import Azurite
from emulators.stack.emulator_client import EmulatorClient, Refused
from emulators.stack.host_environment import host_environment, trust
from emulators.stack.identifiers import (
    API_CLIENT_ID,
    API_SCOPE,
    CONNECTWISE_COMPANY,
    CONNECTWISE_KEYS,
    TENANT_ID,
)
from emulators.stack.logs import log_folder
from emulators.stack.part import ROOT, Part, PartFailed, python_part
from emulators.stack.ports import Ports
from emulators.stack.seeds import Seed, note_seeded, read_seed, was_seeded


class Stack:
    """Azurite, the three emulators and any number of hosts; use it as a context manager.

    `seed` is a name, a file, or rows as a seed file holds them; None takes the emulators' own. `ports` 0 takes any
    free ones. `host_options` are further arguments of `python -m emulators host`, such as "--invisibility", "2".
    `interrupted` is asked while waiting; when it says yes, start-up ends with PartFailed.
    """

    def __init__(
        self,
        *,
        app: Path = ROOT,
        seed: str | Path | Seed | None = None,
        ports: int = 0,
        hosts: int = 1,
        data: Path | None = None,
        tls: bool = False,
        host_options: Sequence[str] = (),
        host_variables: Mapping[str, str] | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._seed = seed
        self._ports = Ports(ports)
        self._host_count = hosts
        self._data = data.resolve() if data else None
        self._host_options = list(host_options)
        self.host_variables = dict(host_variables or {})
        self._interrupted = interrupted
        self._parts: dict[str, Part] = {}
        self._hosts: list[Part] = []
        self._starts = 0
        self.functions: list[str] = []
        self.logs = log_folder(self._data)
        self._tls = tls_files((self._data or self.logs) / "tls") if tls else None
        self._client = EmulatorClient(str(self._tls.authority) if self._tls else None)
        self.dataverse = self.connectwise = self.entra = self.queue = self.storage = ""
        self.connector_id = self.dataverse_token = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def document(self) -> dict[str, Any]:
        """Return what the command line prints as its one JSON line."""
        emulators = {"dataverse": self.dataverse, "connectwise": self.connectwise, "entra": self.entra}
        controlled = {**emulators, **({"functions": self.functions[0]} if self.functions else {})}
        return {
            **emulators,
            "queue": self.queue,
            "functions": self.functions,
            "page": None,
            "control": {name: f"{address}/_emulator/" for name, address in controlled.items()},
            "tenant_id": TENANT_ID,
            "api_client_id": API_CLIENT_ID,
            "api_scope": API_SCOPE,
            "connector_id": self.connector_id,
            "connectwise_credentials": {"company": CONNECTWISE_COMPANY, **CONNECTWISE_KEYS},
            "dataverse_token": self.dataverse_token,
            "storage": self.storage,
            "processes": {
                **{name: part.process.pid for name, part in self._parts.items()},
                "functions": [host.process.pid for host in self._hosts],
            },
            "logs": str(self.logs),
        }

    def kill_host(self, index: int = 0) -> None:
        """End a host as a crash would (SIGKILL)."""
        self._hosts[index].kill()

    def start_host(self, index: int | None = None) -> str:
        """Start a further host, or the one with this index again at its old address, and return its address."""
        if index is None:
            index = len(self._hosts)
            self._hosts.append(self._host_part(index, self._ports.of_host(index)))
            self.functions.append(self._ready(self._hosts[index])["url"])
        else:
            self._hosts[index].stop()
            self._hosts[index] = self._host_part(index, int(self.functions[index].rpartition(":")[2]))
            self._ready(self._hosts[index])
        return self.functions[index]

    def dead_parts(self) -> list[Part]:
        """Return the parts that have ended by themselves."""
        return [part for part in (*self._parts.values(), *self._hosts) if part.process.poll() is not None]

    def stop(self) -> None:
        """End all parts, the hosts first, and wait until they are gone."""
        self._stop_together(self._hosts)
        self._stop_together(list(self._parts.values()))
        self._client.close()

    def _start(self) -> None:
        seed = None if self._seed is None or was_seeded(self._data) else read_seed(self._seed)
        self._parts["entra"] = self._emulator("entra")
        self._parts["connectwise"] = self._emulator("connectwise")
        azurite = self._azurite()
        self.entra = self._ready(self._parts["entra"])["url"]
        self.connectwise = self._ready(self._parts["connectwise"])["url"]
        issuer = ("--authority", self.entra, "--tenant-id", TENANT_ID, "--connectwise-url", self.connectwise)
        self._parts["dataverse"] = self._emulator("dataverse", *issuer)
        azurite.wait(self._interrupted)
        self.queue, self.storage = azurite.queue_address, azurite.connection_string
        self.dataverse = self._ready(self._parts["dataverse"])["url"]
        self._load(seed)
        with ThreadPoolExecutor(max(1, self._host_count)) as starters:
            self._hosts = [self._host_part(index, self._ports.of_host(index)) for index in range(self._host_count)]
            self.functions = [ready["url"] for ready in starters.map(self._ready, self._hosts)]

    def _load(self, seed: Seed | None) -> None:
        try:
            if seed is not None:
                self._client.replace_rows("connectwise", self.connectwise, seed.get("connectwise", {}))
                self._client.replace_rows("dataverse", self.dataverse, seed.get("dataverse", {}))
            self.dataverse_token = self._client.identity_token(self.entra, self.dataverse)
            self.connector_id = self._client.point_connectors(self.dataverse, self.dataverse_token, self.connectwise)
        except Refused as refusal:
            raise PartFailed(str(refusal)) from refusal
        if not was_seeded(self._data):
            note_seeded(self._data, "rows" if isinstance(self._seed, Mapping) else str(self._seed))

    def _emulator(self, name: str, *arguments: str) -> Part:
        options = ["--port", str(self._ports.of(name)), *arguments]
        if self._data:
            options += ["--data", str(self._data)]
        if self._tls and name == "entra":
            options += ["--tls", str(self._tls.authority.parent)]
        return python_part(name, name, *options, environment=trust(self._authority), log=self._log(name))

    def _azurite(self) -> Azurite:
        blob, queue, table = (self._ports.of(name) for name in ("blob", "queue", "table"))
        data = self._data / "azurite" if self._data else None
        azurite = Azurite(ports=(blob, queue, table), data=data, log=self._log("azurite"))
        self._parts["azurite"] = azurite.part
        return azurite

    def _host_part(self, index: int, port: int) -> Part:
        environment = host_environment(
            storage=self.storage,
            entra=self.entra,
            dataverse=self.dataverse,
            authority=self._authority,
            extra=self.host_variables,
        )
        self._starts += 1
        # one host alone follows schedules, for the emulated host has no lease
        only_one = [] if index == 0 else ["--no-schedules"]
        arguments = ["--app", str(self._app), "--port", str(port), *only_one, *self._host_options]
        log = self._log(f"host-{index}-{self._starts}")
        return python_part(f"host {index}", "host", *arguments, environment=environment, log=log)

    @property
    def _authority(self) -> Path | None:
        return self._tls.authority if self._tls else None

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _ready(self, part: Part) -> dict[str, Any]:
        return part.ready(interrupted=self._interrupted)

    @staticmethod
    def _stop_together(parts: Sequence[Part]) -> None:
        for part in parts:
            with suppress(ProcessLookupError):
                part.process.terminate()
        for part in parts:
            part.stop()
