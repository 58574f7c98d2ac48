"""The listener's algorithm against a queue in memory: batches, renewal, poison, back-off, trouble."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulators.functions_host.host_json import QueueOptions
from emulators.functions_host.invocation import Invoker, Outcome, Tally
from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.output_queues import Wakeups
from emulators.functions_host.queue_client import QueueClient
from emulators.functions_host.queue_listener import Backoff, QueueListener, QueueSource, poison_name
from emulators.functions_host.storage import StorageError
from tests.emulator.functions_host.fakes import FakeQueue

pytestmark = pytest.mark.emulator
FUNCTION = cast("LoadedFunction", SimpleNamespace(name="work"))
Run = Callable[[str], Awaitable[BaseException | None]]


class ScriptedInvoker:
    """Runs a coroutine instead of a function and keeps count."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.texts: list[str] = []
        self.most_at_once = 0
        self._running = 0
        self.tallies: dict[str, Tally] = {}

    def tally(self, name: str) -> Tally:
        return self.tallies.setdefault(name, Tally())

    async def invoke(self, _function: Any, trigger: Any, _metadata: Any) -> Outcome:
        self.texts.append(trigger.value)
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            error = await self._run(trigger.value)
        finally:
            self._running -= 1
        return Outcome("id", None, error, 0.0)


class Rig:
    """A listener with its queues and its invoker."""

    def __init__(self, run: Run, *, poison: bool = True, invisibility: float = 60, **options: Any) -> None:
        self.queue, self.poison = FakeQueue("work"), FakeQueue("work-poison")
        self.invoker = ScriptedInvoker(run)
        self.wakeups = Wakeups()
        defaults = {"message_encoding": "none", "max_polling_interval": 0.02, "new_batch_threshold": 8}
        source = QueueSource(
            queue=cast("QueueClient", self.queue),
            poison=cast("QueueClient", self.poison) if poison else None,
            options=QueueOptions(**{**defaults, **options}),
            invisibility=invisibility,
        )
        self.listener = QueueListener(FUNCTION, source, cast("Invoker", self.invoker), self.wakeups)

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  # the rig has no event for every condition
                await asyncio.sleep(0.001)


async def succeed(_text: str) -> BaseException | None:
    return None


async def fail(_text: str) -> BaseException | None:
    return RuntimeError("no")


def played(rig: Rig, script: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        rig.listener.start()
        try:
            await script()
        finally:
            await rig.listener.stop(1)

    asyncio.run(play())


def test_a_batch_is_one_request_and_at_most_batch_plus_threshold_run_at_once() -> None:
    gate = asyncio.Event()

    async def wait(_text: str) -> BaseException | None:
        await gate.wait()
        return None

    rig = Rig(wait, batch_size=4, new_batch_threshold=2)
    for number in range(20):
        rig.queue.add(str(number))

    async def script() -> None:
        await rig.until(lambda: len(rig.invoker.texts) >= 4)
        for _ in range(20):
            await asyncio.sleep(0)
        assert rig.queue.calls == ["receive"]
        gate.set()
        await rig.until(lambda: not rig.queue.stored)

    played(rig, script)
    assert sorted(rig.invoker.texts) == sorted(str(number) for number in range(20))
    assert rig.invoker.most_at_once <= 6


def test_batch_size_1_with_threshold_0_is_serial() -> None:
    async def nap(_text: str) -> BaseException | None:
        await asyncio.sleep(0.001)
        return None

    rig = Rig(nap, batch_size=1, new_batch_threshold=0)
    for number in range(5):
        rig.queue.add(str(number))
    played(rig, lambda: rig.until(lambda: not rig.queue.stored))
    assert (rig.invoker.most_at_once, rig.invoker.texts) == (1, ["0", "1", "2", "3", "4"])


def test_a_running_message_is_renewed_and_deleted_by_its_newest_receipt() -> None:
    async def nap(_text: str) -> BaseException | None:
        await asyncio.sleep(0.25)
        return None

    rig = Rig(nap, invisibility=0.1)
    rig.queue.add("long")
    played(rig, lambda: rig.until(lambda: not rig.queue.stored))
    assert rig.invoker.texts == ["long"]
    assert rig.queue.calls.count("hide 1") >= 3
    assert rig.queue.calls.count("delete") == 1


def test_a_failed_message_is_hidden_for_the_visibility_timeout() -> None:
    rig = Rig(fail, visibility_timeout=30)
    rig.queue.add("x")
    played(rig, lambda: rig.until(lambda: "hide 30" in rig.queue.calls))
    assert (rig.invoker.texts, len(rig.queue.stored)) == (["x"], 1)


def test_a_count_over_the_maximum_goes_to_poison_without_running() -> None:
    rig = Rig(succeed)
    rig.queue.add("tired", dequeue_count=5)
    played(rig, lambda: rig.until(lambda: not rig.queue.stored))
    assert rig.invoker.texts == []
    assert [item.text for item in rig.poison.stored.values()] == ["tired"]
    assert rig.invoker.tally("work").outcomes["poisoned"] == 1


def test_without_a_poison_queue_a_failed_message_stays_invisible() -> None:
    rig = Rig(fail, poison=False)
    rig.queue.add("x", dequeue_count=4)
    played(rig, lambda: rig.until(lambda: rig.queue.calls.count("receive") > 3))
    assert (rig.invoker.texts, len(rig.queue.stored)) == (["x"], 1)
    assert rig.queue.calls.count("delete") == 0


def test_a_missing_queue_and_any_other_trouble_are_survived_and_told() -> None:
    rig = Rig(succeed)
    rig.queue.missing = True

    async def script() -> None:
        await rig.until(lambda: rig.queue.calls.count("receive") > 2)
        assert "QueueNotFound" in str(rig.listener.state()["trouble"])
        rig.queue.missing = False
        for broken in (StorageError(503, "", "busy"), KeyError("a bug of ours")):
            rig.queue.broken = broken
            seen = len(rig.queue.calls)
            await rig.until(lambda seen=seen: len(rig.queue.calls) > seen + 1)
            assert rig.listener.state()["trouble"]
        rig.queue.broken = None
        rig.queue.add("at last")
        await rig.until(lambda: rig.invoker.texts == ["at last"])
        assert rig.listener.state()["trouble"] is None

    played(rig, script)


def test_a_lost_receipt_is_swallowed() -> None:
    rig = Rig(succeed)

    async def steal(_text: str) -> BaseException | None:
        next(iter(rig.queue.stored.values())).receipt = "another's"
        return None

    rig.invoker._run = steal
    rig.queue.add("x")
    played(rig, lambda: rig.until(lambda: rig.listener.state()["running"] == 0 and rig.invoker.texts == ["x"]))
    assert len(rig.queue.stored) == 1


def test_an_added_message_wakes_the_listener_at_once() -> None:
    rig = Rig(succeed, max_polling_interval=60)

    async def script() -> None:
        await rig.until(lambda: rig.queue.calls.count("receive") >= 4)  # by now it sleeps for some tenths of a second
        rig.queue.add("x")
        rig.wakeups.wake("work")
        async with asyncio.timeout(0.1):
            await rig.until(lambda: rig.invoker.texts == ["x"])

    played(rig, script)


def test_empty_polls_wait_longer_and_longer_up_to_the_maximum() -> None:
    backoff = Backoff(2.0)
    waits = [backoff.next() for _ in range(12)]
    assert waits[0] == 0.1
    assert waits[:5] == sorted(set(waits[:5]))
    for count, wait in enumerate(waits[1:5], start=2):
        assert 0.1 + 0.8 * 2 ** (count - 2) * 0.1 <= wait <= 0.1 + 1.2 * 2 ** (count - 2) * 0.1
    assert waits[-1] == 2.0
    backoff.reset()
    assert backoff.next() == 0.1
    assert Backoff(0.1).next() == 0.1


@pytest.mark.parametrize(
    ("name", "poison"),
    [("work", "work-poison"), ("work-poison", None), ("a" * 56, "a" * 56 + "-poison"), ("a" * 57, None)],
)
def test_names_of_poison_queues(name: str, poison: str | None) -> None:
    assert poison_name(name) == poison
