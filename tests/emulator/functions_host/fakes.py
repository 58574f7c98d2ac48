"""A queue in memory with the rules of the Queue service that a listener can meet (functions.md 2.3)."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from emulators.functions_host.queue_client import ReceivedMessage
from emulators.functions_host.storage import StorageError


@dataclass
class Stored:
    id: str
    text: str
    visible_at: float = 0.0
    dequeue_count: int = 0
    receipt: str = ""


@dataclass
class FakeQueue:
    name: str
    stored: dict[str, Stored] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    missing: bool = False
    broken: Exception | None = None
    ids: Iterator[int] = field(default_factory=itertools.count)

    def add(self, text: str, dequeue_count: int = 0) -> None:
        number = str(next(self.ids))
        self.stored[number] = Stored(number, text, dequeue_count=dequeue_count)

    async def receive(self, count: int, visibility: int) -> list[ReceivedMessage]:
        self.calls.append("receive")
        if self.broken:
            raise self.broken
        if self.missing:
            raise StorageError(404, "QueueNotFound", "no such queue")
        found = [item for item in self.stored.values() if item.visible_at <= monotonic()][:count]
        return [self._taken(item, visibility) for item in found]

    def _taken(self, item: Stored, visibility: int) -> ReceivedMessage:
        item.visible_at = monotonic() + visibility
        item.dequeue_count += 1
        item.receipt = f"r{next(self.ids)}"
        time = "2026-01-01T00:00:00+00:00"
        return ReceivedMessage(item.id, item.receipt, item.text, item.dequeue_count, time, time, time)

    def _held(self, message: ReceivedMessage) -> Stored:
        item = self.stored.get(message.id)
        if item is None:
            raise StorageError(404, "MessageNotFound", "gone")
        if item.receipt != message.pop_receipt:
            raise StorageError(400, "PopReceiptMismatch", "stale receipt")
        return item

    async def hide(self, message: ReceivedMessage, visibility: int) -> None:
        self.calls.append(f"hide {visibility}")
        item = self._held(message)
        item.visible_at = monotonic() + visibility
        item.receipt = message.pop_receipt = f"r{next(self.ids)}"

    async def delete(self, message: ReceivedMessage) -> None:
        self._held(message)
        self.calls.append("delete")
        del self.stored[message.id]

    async def send(self, text: str) -> None:
        self.add(text)
