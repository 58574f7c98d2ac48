"""Timers on demand, on schedule, after a missed run, and their status (functions.md 4.2)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from azure.storage.blob import BlobServiceClient

from emulators.functions_host.invocation import Invoker, Outcome
from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.schedules import schedule_from
from emulators.functions_host.storage import Account, StorageClient, StorageError
from emulators.functions_host.timer_listener import TimerListener
from emulators.functions_host.timer_status import NEVER, TimerStatus, TimerStatusStore
from tests.emulator.functions_host.conftest import API_VERSION, HostClient, eventually, hosted

pytestmark = pytest.mark.emulator
START = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


class FakeTime:
    """A clock that jumps: a sleep moves it to its end; after `naps` sleeps it stands still for ever."""

    def __init__(self, now: datetime, naps: int) -> None:
        self.time = now
        self._naps = naps

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if self._naps == 0:
            await asyncio.Event().wait()
        self._naps -= 1
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class FakeStore:
    def __init__(self, status: TimerStatus | None = None, *, broken: bool = False) -> None:
        self.status = status
        self.broken = broken

    async def read(self, _name: str) -> TimerStatus | None:
        if self.broken:
            raise StorageError(503, "", "busy")
        return self.status

    async def write(self, _name: str, status: TimerStatus) -> None:
        if self.broken:
            raise StorageError(503, "", "busy")
        self.status = status


class RecordingInvoker:
    """Notes when a timer ran and with what; a run takes `seconds` of the fake time."""

    def __init__(self, time: FakeTime, seconds: float = 0) -> None:
        self._time = time
        self._seconds = seconds
        self.runs: list[tuple[datetime, dict[str, Any]]] = []

    async def invoke(self, _function: Any, trigger: Any, _metadata: Any) -> Outcome:
        self.runs.append((self._time.time, json.loads(trigger.value)))
        await asyncio.sleep(0)
        self._time.time += timedelta(seconds=self._seconds)
        return Outcome("id", None, None, 0.0)


def followed(
    schedule: str,
    *,
    naps: int,
    store: FakeStore | None = None,
    seconds: float = 0,
    use_monitor: bool | None = None,
    run_on_startup: bool = False,
) -> list[tuple[datetime, dict[str, Any]]]:
    """Follow a schedule from START until the clock stands still, and return the runs."""
    time = FakeTime(START, naps)
    invoker = RecordingInvoker(time, seconds)
    trigger = SimpleNamespace(use_monitor=use_monitor, run_on_startup=run_on_startup)
    function = cast("LoadedFunction", SimpleNamespace(name="tick", trigger=trigger))
    listener = TimerListener(
        function,
        schedule_from(schedule, "tick"),
        cast("Invoker", invoker),
        cast("TimerStatusStore", store),
        now=time.now,
        sleep=time.sleep,
    )

    async def play() -> None:
        listener.start()
        for _ in range(200):
            await asyncio.sleep(0)
        await listener.stop(1)

    asyncio.run(play())
    return invoker.runs


def times(runs: list[tuple[datetime, dict[str, Any]]]) -> list[str]:
    return [time.strftime("%H:%M:%S") for time, _ in runs]


def status(last: str, due: str, updated: str) -> TimerStatus:
    def at(time: str) -> datetime:
        return NEVER if time == "never" else datetime.fromisoformat(f"2026-03-01T{time}+00:00")

    return TimerStatus(at(last), at(due), at(updated))


def test_it_runs_at_each_tick_and_writes_its_status() -> None:
    store = FakeStore()
    runs = followed("0 */5 * * * *", naps=3, store=store)
    assert times(runs) == ["12:05:00", "12:10:00", "12:15:00"]
    assert runs[0][1]["IsPastDue"] is False
    first = runs[0][1]["ScheduleStatus"]
    assert (first["Last"], first["Next"]) == ("0001-01-01T00:00:00+00:00", "2026-03-01T12:05:00+00:00")
    assert store.status == status("12:15:00", "12:20:00", "12:15:00")


def test_a_fixed_interval_counts_from_the_start_of_each_run() -> None:
    assert times(followed("00:01:30", naps=2, store=FakeStore())) == ["12:01:40", "12:03:10"]


def test_a_run_that_outlasts_ticks_is_followed_by_one_run_at_once() -> None:
    runs = followed("0 * * * * *", naps=1, seconds=150)
    assert times(runs)[:3] == ["12:01:00", "12:03:30", "12:06:00"]


def test_a_missed_run_is_made_up_for_once_with_past_due() -> None:
    store = FakeStore(status("11:00:00", "11:05:00", "11:00:00"))
    runs = followed("0 */5 * * * *", naps=1, store=store)
    assert times(runs) == ["12:00:10", "12:05:00"]
    assert [facts["IsPastDue"] for _, facts in runs] == [True, False]


def test_a_status_that_is_not_yet_due_starts_nothing() -> None:
    store = FakeStore(status("12:00:00", "12:05:00", "12:00:00"))
    assert times(followed("0 */5 * * * *", naps=0, store=store)) == []


def test_a_changed_schedule_is_recalculated_without_a_past_due_run() -> None:
    store = FakeStore(status("11:00:00", "11:30:00", "11:00:00"))
    assert times(followed("0 */5 * * * *", naps=0, store=store)) == []
    assert store.status == status("11:00:00", "12:05:00", "12:00:10")


def test_a_status_without_a_run_is_judged_by_when_it_was_written() -> None:
    store = FakeStore(status("never", "11:05:00", "11:02:00"))
    assert times(followed("0 */5 * * * *", naps=0, store=store)) == ["12:00:10"]


def test_run_on_startup_runs_once_at_once_without_past_due() -> None:
    runs = followed("0 */5 * * * *", naps=0, store=FakeStore(), run_on_startup=True)
    assert [(time, facts["IsPastDue"]) for time, facts in runs] == [(START, False)]


@pytest.mark.parametrize(("schedule", "use_monitor"), [("*/10 * * * * *", None), ("0 */5 * * * *", False)])
def test_without_a_monitor_there_is_no_status(schedule: str, use_monitor: bool | None) -> None:
    store = FakeStore(status("11:00:00", "11:05:00", "11:00:00"))
    runs = followed(schedule, naps=1, store=store, use_monitor=use_monitor)
    assert [facts["ScheduleStatus"] for _, facts in runs] == [None]
    assert store.status == status("11:00:00", "11:05:00", "11:00:00")


def test_a_storage_that_fails_stops_no_timer() -> None:
    assert times(followed("0 */5 * * * *", naps=2, store=FakeStore(broken=True))) == ["12:05:00", "12:10:00"]


def test_a_timer_never_runs_twice_at_once() -> None:
    running, most = 0, 0

    async def invoke(_function: Any, _trigger: Any, _metadata: Any) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Outcome("id", None, None, 0.0)

    trigger = SimpleNamespace(use_monitor=None, run_on_startup=None)
    function = cast("LoadedFunction", SimpleNamespace(name="tick", trigger=trigger))
    invoker = cast("Invoker", SimpleNamespace(invoke=invoke))
    listener = TimerListener(function, schedule_from("0 0 0 1 1 *", "tick"), invoker, None)

    async def play() -> None:
        await asyncio.gather(*(listener.run_now() for _ in range(3)))

    asyncio.run(play())
    assert most == 1


def test_the_status_blob_is_where_and_as_the_host_keeps_it(storage: str) -> None:
    written = status("12:00:00", "12:05:00", "12:00:01")

    def with_store(work: Callable[[TimerStatusStore], Awaitable[Any]]) -> Any:
        async def play() -> Any:
            client = StorageClient(Account.parse(storage))
            try:
                return await work(TimerStatusStore(client, "host id"))
            finally:
                await client.close()

        return asyncio.run(play())

    assert with_store(lambda store: store.read("tick")) is None
    with_store(lambda store: store.write("tick", written))
    assert with_store(lambda store: store.read("tick")) == written
    with BlobServiceClient.from_connection_string(storage, api_version=API_VERSION) as service:
        blob = service.get_blob_client("azure-webjobs-hosts", "timers/host id/Host.Functions.tick/status")
        document = json.loads(blob.download_blob().readall())
    assert document == written.document()


def test_a_timer_runs_on_demand_and_tells_its_outcome(host: HostClient) -> None:
    response = host.call("POST", "/_emulator/timers/nightly")
    assert response.status_code == 200
    outcome = response.json()
    assert (outcome["function"], outcome["succeeded"], outcome["error"]) == ("nightly", True, None)
    assert host.events("nightly") == [
        {"function": "nightly", "past_due": False, "status": {}, "schedule": {"AdjustForDST": True}}
    ]
    host.call("POST", "/_emulator/timers/nightly", json={"past_due": True})
    assert [event["past_due"] for event in host.events("nightly")] == [False, True]


def test_a_timer_that_fails_on_demand_is_500_with_its_error(host: HostClient) -> None:
    response = host.call("POST", "/_emulator/timers/broken_nightly")
    assert response.status_code == 500
    assert response.json()["error"] == "ValueError: nothing works at night"


def test_an_unknown_timer_is_404_and_bad_input_400(host: HostClient) -> None:
    response = host.call("POST", "/_emulator/timers/work")
    assert response.status_code == 404
    assert response.json() == {"error": "there is no timer function work; known: broken_nightly, nightly"}
    assert host.call("POST", "/_emulator/timers/nightly", json={"past_due": 1}).status_code == 400
    assert host.call("POST", "/_emulator/timers/nightly", data="{").status_code == 400


def test_the_admin_api_starts_a_timer(host: HostClient) -> None:
    key = {"x-functions-key": "master"}
    assert host.call("POST", "/admin/functions/nightly", json={}, headers=key).status_code == 202
    eventually(lambda: host.events("nightly"))


def test_the_schedule_of_a_setting_fires_unless_schedules_are_off(storage: str) -> None:
    every_second = {"SCHEDULE": "* * * * * *"}
    with hosted(storage, environment=every_second) as host:
        eventually(lambda: host.state()["invocations"]["broken_nightly"].get("failed"))
        assert {timer["scheduled"] for timer in host.state()["timers"]} == {True}
    with hosted(storage, "sample", "--no-schedules", environment=every_second) as host:
        assert {timer["scheduled"] for timer in host.state()["timers"]} == {False}


@pytest.mark.parametrize("schedule", ["never", "0 0 0 30 2 *", "00:00:00", "25:00:00"])
def test_a_schedule_that_cannot_be_followed_is_refused(schedule: str) -> None:
    with pytest.raises(StartRefused, match="of the function tick"):
        schedule_from(schedule, "tick")
