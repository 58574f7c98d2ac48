"""Storage queue trigger: the algorithm of functions.md 4.1."""

import asyncio
import logging
import random
from dataclasses import dataclass

from azure.functions.meta import Datum

from emulators.functions_host.host_json import QueueOptions
from emulators.functions_host.invocation import Invoker
from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.message_text import decoded
from emulators.functions_host.output_queues import Wakeups
from emulators.functions_host.queue_client import GONE, QueueClient, ReceivedMessage
from emulators.functions_host.storage import StorageError

logger = logging.getLogger("host")
POISON = "-poison"
_LONGEST_NAME = 63
_SHORTEST_WAIT = 0.1


class Backoff:
    """Waits between empty polls: 0.1 s, then growing at random up to `longest` seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._empty = 0

    def reset(self) -> None:
        """Start over after a message was found."""
        self._empty = 0

    def next(self) -> float:
        """Return the seconds to wait after one more empty poll."""
        self._empty += 1
        if self._empty == 1:
            return min(_SHORTEST_WAIT, self._longest)
        growth = random.uniform(0.8, 1.2) * float(2 ** min(self._empty - 2, 20)) * _SHORTEST_WAIT
        return min(_SHORTEST_WAIT + growth, self._longest)


@dataclass(frozen=True, slots=True)
class QueueSource:
    """Where a queue function takes its messages from; `poison` is None for names that cannot have such a queue."""

    queue: QueueClient
    poison: QueueClient | None
    options: QueueOptions
    invisibility: float


def poison_name(queue_name: str) -> str | None:
    """Return the name of the poison queue, or None where the host has none."""
    if queue_name.endswith(POISON) or len(queue_name) + len(POISON) > _LONGEST_NAME:
        return None
    return queue_name + POISON


class QueueListener:
    """Polls one queue and runs its function, at most batch size + threshold messages at once."""

    def __init__(self, function: LoadedFunction, source: QueueSource, invoker: Invoker, wakeups: Wakeups) -> None:
        self.function = function
        self._source = source
        self._invoker = invoker
        self._wakeups = wakeups
        self._wake = wakeups.event(source.queue.name)
        self._room = asyncio.Event()  # a message ended, or the host stops
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._loop = asyncio.create_task(self._poll(), name=f"queue {self.function.name}")

    async def stop(self, seconds: float) -> None:
        """Stop polling and give running messages `seconds` to end; those that do not come back later."""
        self._stopping = True
        self._wake.set()
        self._room.set()
        if self._loop is not None:
            await self._loop
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                logger.warning("a message of %s did not end in time and will come back", self.function.name)
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def state(self) -> dict[str, object]:
        """Describe the listener for the state route."""
        return {
            "function": self.function.name,
            "queue": self._source.queue.name,
            "running": len(self._running),
            "polling": self._loop is not None and not self._loop.done(),
            "trouble": self._trouble,
        }

    async def _poll(self) -> None:
        backoff = Backoff(self._source.options.max_polling_interval)
        threshold = self._source.options.new_batch_threshold
        while not self._stopping:
            self._wake.clear()
            self._room.clear()
            if len(self._running) > threshold:
                await self._room.wait()
                continue
            messages = await self._receive()
            if messages:
                backoff.reset()
                for message in messages:
                    task = asyncio.create_task(self._deliver(message))
                    self._running.add(task)
                    task.add_done_callback(self._ended)
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), backoff.next())
            except TimeoutError:
                continue

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.set()

    async def _receive(self) -> list[ReceivedMessage]:
        try:
            messages = await self._source.queue.receive(self._source.options.batch_size, self._hidden_seconds())
        except StorageError as error:
            if error.code != "QueueNotFound" and self._trouble is None:
                logger.warning("polling %s: %s", self._source.queue.name, error)
            self._trouble = str(error)
            return []
        except Exception as error:
            # a listener that dies in silence is worse than one that complains for ever
            logger.exception("polling %s", self._source.queue.name)
            self._trouble = repr(error)
            return []
        self._trouble = None
        return messages

    def _hidden_seconds(self) -> int:
        return max(1, round(self._source.invisibility))

    async def _deliver(self, message: ReceivedMessage) -> None:
        try:
            await self._settle(message)
        except StorageError as error:
            if error.code not in GONE:
                logger.warning("settling message %s of %s: %s", message.id, self._source.queue.name, error)
        except Exception:
            logger.exception("message %s of %s", message.id, self._source.queue.name)

    async def _settle(self, message: ReceivedMessage) -> None:
        options = self._source.options
        text = decoded(message.text, options.message_encoding)
        if text is None or message.dequeue_count > options.max_dequeue_count:
            await self._poison(message)
            return
        succeeded = await self._run(message, text)
        if succeeded:
            await self._source.queue.delete(message)
        elif message.dequeue_count >= options.max_dequeue_count:
            await self._poison(message)
        elif self._source.poison is not None:
            await self._source.queue.hide(message, round(options.visibility_timeout))

    async def _run(self, message: ReceivedMessage, text: str) -> bool:
        ended = asyncio.Event()
        renewal = asyncio.create_task(self._renew(message, ended))
        try:
            outcome = await self._invoker.invoke(self.function, Datum(text, "string"), _metadata(message))
        finally:
            # cancelling a renewal in mid-request would leave a receipt that nobody knows
            ended.set()
            await renewal
        return outcome.error is None

    async def _renew(self, message: ReceivedMessage, ended: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.wait_for(ended.wait(), self._source.invisibility / 2)
            except TimeoutError:
                try:
                    await self._source.queue.hide(message, self._hidden_seconds())
                except StorageError as error:
                    logger.warning("renewing message %s of %s: %s", message.id, self._source.queue.name, error)
            else:
                return

    async def _poison(self, message: ReceivedMessage) -> None:
        """Move a message to the poison queue; without one it stays invisible until its time is over."""
        poison = self._source.poison
        if poison is None:
            return
        logger.warning(
            "message %s of %s goes to %s (dequeue count %d)",
            message.id,
            self._source.queue.name,
            poison.name,
            message.dequeue_count,
        )
        await poison.send(message.text)
        self._invoker.tally(self.function.name).outcomes["poisoned"] += 1
        self._wakeups.wake(poison.name)
        await self._source.queue.delete(message)


def _metadata(message: ReceivedMessage) -> dict[str, Datum]:
    return {
        "Id": Datum(message.id, "string"),
        "DequeueCount": Datum(message.dequeue_count, "int"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "InsertionTime": Datum(message.inserted, "string"),
        "ExpirationTime": Datum(message.expires, "string"),
        "NextVisibleTime": Datum(message.next_visible, "string"),
    }
