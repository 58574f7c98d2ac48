"""Queues that functions write to through output bindings (functions.md 3.5, 5.10)."""

import asyncio
from collections.abc import Callable, Mapping

from azure.functions.meta import Datum

from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.message_text import encoded, messages_of
from emulators.functions_host.queue_client import QueueClient


class Wakeups:
    """Tells the listeners of this host that a message was just added to their queue."""

    def __init__(self) -> None:
        self._events: dict[str, list[asyncio.Event]] = {}

    def event(self, queue_name: str) -> asyncio.Event:
        """Return a new event that is set whenever this host adds to the queue."""
        event = asyncio.Event()
        self._events.setdefault(queue_name, []).append(event)
        return event

    def wake(self, queue_name: str) -> None:
        """Wake the listeners of a queue."""
        for event in self._events.get(queue_name, []):
            event.set()


class OutputQueues:
    """Sends what a function put into its queue outputs; `queue_of` finds the queue of (function, output)."""

    def __init__(self, queue_of: Callable[[str, str], QueueClient], encoding: str, wakeups: Wakeups) -> None:
        self._queue_of = queue_of
        self._encoding = encoding
        self._wakeups = wakeups

    async def send(self, function: LoadedFunction, outputs: Mapping[str, Datum | None]) -> None:
        """Send the outputs of one successful invocation; raises StorageError."""
        for name, datum in outputs.items():
            if datum is None:
                continue
            queue = self._queue_of(function.name, name)
            for content in messages_of(datum):
                await queue.send(encoded(content, self._encoding))
            self._wakeups.wake(queue.name)
