"""The host of one app: its functions with everything that feeds them."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulators.functions_host.host_json import HostJson, read_host_json
from emulators.functions_host.http_routes import Route, routes_of
from emulators.functions_host.invocation import Invoker
from emulators.functions_host.keys import Keys
from emulators.functions_host.loading import LoadedFunction, load_functions
from emulators.functions_host.output_queues import OutputQueues, Wakeups
from emulators.functions_host.queue_client import QueueClient
from emulators.functions_host.queue_listener import QueueListener, QueueSource, poison_name
from emulators.functions_host.schedules import Schedule, schedule_from
from emulators.functions_host.settings import Settings, read_settings
from emulators.functions_host.storage import Account, StorageClient
from emulators.functions_host.timer_listener import TimerListener
from emulators.functions_host.timer_status import TimerStatusStore

logger = logging.getLogger("host")


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What the command line decides; times in seconds.

    `invisibility` is how long a message in work is hidden (Azure: 10 minutes, not configurable), `schedules` whether
    timers follow their schedule, `drain` how long running work may take to end at shutdown.
    """

    app: Path
    keys: Keys = field(default_factory=Keys)
    invisibility: float = 600.0
    schedules: bool = True
    drain: float = 10.0


class Host:
    """Everything that is known before the first connection is made; the constructor raises StartRefused."""

    def __init__(self, options: HostOptions) -> None:
        self.options = options
        self.app = options.app.resolve()
        self.host_json: HostJson = read_host_json(self.app / "host.json")
        self.settings: Settings = read_settings(self.app)
        self.threads = self.settings.thread_count()
        self.functions: list[LoadedFunction] = load_functions(self.app, self.settings, self.host_json.functions)
        self.routes: list[Route] = routes_of(self.functions, self.host_json.http.route_prefix)
        self.queue_names = self._queue_names()
        self.accounts = self._accounts()
        self.schedules: dict[str, Schedule] = {
            function.name: schedule_from(self._resolved(function, function.trigger.schedule), function.name)
            for function in self.functions
            if function.trigger_type == "timerTrigger"
        }

    @property
    def host_id(self) -> str:
        """Return the id under which timers keep their status."""
        digest = hashlib.sha256(str(self.app).encode()).hexdigest()[:16]
        return self.settings.get("AzureFunctionsWebHost__hostid") or f"emulated-{digest}"

    def _resolved(self, function: LoadedFunction, text: str) -> str:
        return self.settings.resolve(text, f"the function {function.name}")

    def _queue_bindings(self) -> list[tuple[LoadedFunction, Any]]:
        triggers = [(f, f.trigger) for f in self.functions if f.trigger_type == "queueTrigger"]
        return triggers + [(f, binding) for f in self.functions for binding in f.queue_outputs.values()]

    def _queue_names(self) -> dict[tuple[str, str], str]:
        return {
            (function.name, binding.name): self._resolved(function, binding.queue_name)
            for function, binding in self._queue_bindings()
        }

    def _accounts(self) -> dict[tuple[str, str], Account]:
        accounts = {
            (function.name, binding.name): Account.parse(
                self.settings.connection(binding.connection or "AzureWebJobsStorage", f"the function {function.name}")
            )
            for function, binding in self._queue_bindings()
        }
        storage = self.settings.get("AzureWebJobsStorage")
        if storage:
            accounts["", ""] = Account.parse(storage)
        return accounts


class RunningHost:
    """A host with its connections, listeners and threads; made on the event loop."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._clients = {account: StorageClient(account) for account in set(host.accounts.values())}
        self._wakeups = Wakeups()
        outputs = OutputQueues(self._queue, host.host_json.queues.message_encoding, self._wakeups)
        self.invoker = Invoker(outputs, threads=host.threads, timeout=host.host_json.function_timeout)
        for function in host.functions:
            self.invoker.tally(function.name)
        self.queues = [self._queue_listener(f) for f in host.functions if f.trigger_type == "queueTrigger"]
        self.timers = {f.name: self._timer(f) for f in host.functions if f.trigger_type == "timerTrigger"}
        self.background: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to listen to queues and to follow schedules."""
        for queue in self.queues:
            queue.start()
        if self.host.options.schedules:
            for timer in self.timers.values():
                timer.start()
        logger.info("Host started: %s", ", ".join(function.name for function in self.host.functions))

    async def stop(self) -> None:
        """Stop listening, let running work end within the drain time, and close all connections."""
        seconds = self.host.options.drain
        stops: list[Callable[[float], Awaitable[None]]] = [listener.stop for listener in self.queues]
        stops += [timer.stop for timer in self.timers.values()]
        await asyncio.gather(*(stop(seconds) for stop in stops))
        if self.background:
            await asyncio.wait(self.background, timeout=seconds)
        self.invoker.close()
        for client in self._clients.values():
            await client.close()
        logger.info("Host stopped")

    def run_in_background(self, work: Awaitable[Any]) -> None:
        """Run something that nobody waits for, to its end even when the host stops."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def _client(self, function_name: str, binding_name: str) -> StorageClient:
        return self._clients[self.host.accounts[function_name, binding_name]]

    def _queue(self, function_name: str, binding_name: str) -> QueueClient:
        name = self.host.queue_names[function_name, binding_name]
        return QueueClient(self._client(function_name, binding_name), name)

    def _queue_listener(self, function: LoadedFunction) -> QueueListener:
        queue = self._queue(function.name, function.trigger.name)
        poison = poison_name(queue.name)
        source = QueueSource(
            queue=queue,
            poison=QueueClient(self._client(function.name, function.trigger.name), poison) if poison else None,
            options=self.host.host_json.queues,
            invisibility=self.host.options.invisibility,
        )
        return QueueListener(function, source, self.invoker, self._wakeups)

    def _timer(self, function: LoadedFunction) -> TimerListener:
        account = self.host.accounts.get(("", ""))
        store = TimerStatusStore(self._clients[account], self.host.host_id) if account else None
        return TimerListener(function, self.host.schedules[function.name], self.invoker, store)
