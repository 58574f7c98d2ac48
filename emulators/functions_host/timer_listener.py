"""Timer trigger: on schedule and on demand, never twice at once (functions.md 4.2)."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from azure.functions.meta import Datum

from emulators.functions_host.invocation import Invoker, Outcome
from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.schedules import Schedule
from emulators.functions_host.storage import StorageError
from emulators.functions_host.timer_status import NEVER, TimerStatus, TimerStatusStore

logger = logging.getLogger("host")
_LONGEST_NAP = 3600.0


def utc_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class TimerListener:
    """One timer function; `store` None keeps no status, `now` is the clock of the schedule."""

    def __init__(
        self,
        function: LoadedFunction,
        schedule: Schedule,
        invoker: Invoker,
        store: TimerStatusStore | None,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.function = function
        self._schedule = schedule
        self._invoker = invoker
        monitored = function.trigger.use_monitor is not False and not schedule.more_than_once_a_minute
        self._store = store if monitored else None
        self._now = now
        self._sleep = sleep
        self._status: TimerStatus | None = None
        self._one_run = asyncio.Lock()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow the schedule."""
        self._loop = asyncio.create_task(self._follow(), name=f"timer {self.function.name}")

    async def stop(self, seconds: float) -> None:
        """Stop following the schedule and give a running invocation `seconds` to end."""
        if self._loop is None:
            return
        try:
            async with asyncio.timeout(seconds), self._one_run:
                self._loop.cancel()
        except TimeoutError:
            logger.warning("the timer %s did not end in time", self.function.name)
            self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)

    def state(self) -> dict[str, object]:
        """Describe the timer for the state route."""
        return {
            "function": self.function.name,
            "scheduled": self._loop is not None and not self._loop.done(),
            "status": self._status.document() if self._status else None,
        }

    async def run_now(self, *, past_due: bool = False) -> Outcome:
        """Run the function at once, after a run that is under way; the schedule stays as it is."""
        async with self._one_run:
            return await self._invoke(past_due=past_due)

    async def _follow(self) -> None:
        due_from = self._now()
        if await self._must_run_at_start(due_from):
            due_from = await self._run_on_schedule(past_due=self._is_past_due(due_from))
        elif self.function.trigger.run_on_startup:
            due_from = await self._run_on_schedule(past_due=False)
        while True:
            planned = self._schedule.next(due_from)
            await self._sleep_until(planned)
            due_from = max(planned, await self._run_on_schedule(past_due=False))

    async def _must_run_at_start(self, now: datetime) -> bool:
        if self._store is None:
            return False
        try:
            status = await self._store.read(self.function.name)
        except StorageError as error:
            logger.warning("reading the status of the timer %s: %s", self.function.name, error)
            return False
        if status is not None:
            basis = status.last if status.last != NEVER else status.last_updated
            if self._schedule.next(basis) == status.next:
                self._status = status
                return self._is_past_due(now)
        last = status.last if status is not None else NEVER
        await self._write(TimerStatus(last, self._schedule.next(now), now))
        return False

    def _is_past_due(self, now: datetime) -> bool:
        return self._status is not None and now > self._status.next

    async def _sleep_until(self, planned: datetime) -> None:
        while (left := (planned - self._now()).total_seconds()) > 0:
            await self._sleep(min(left, _LONGEST_NAP))

    async def _run_on_schedule(self, *, past_due: bool) -> datetime:
        async with self._one_run:
            started = self._now()
            await self._invoke(past_due=past_due)
            if self._store is not None:
                await self._write(TimerStatus(started, self._schedule.next(started), self._now()))
        return started

    async def _invoke(self, *, past_due: bool) -> Outcome:
        payload = {
            "IsPastDue": past_due,
            "ScheduleStatus": self._status.document() if self._status else None,
            "Schedule": {"AdjustForDST": True},
        }
        return await self._invoker.invoke(self.function, Datum(json.dumps(payload), "json"), {})

    async def _write(self, status: TimerStatus) -> None:
        self._status = status
        if self._store is None:
            return
        try:
            await self._store.write(self.function.name, status)
        except StorageError as error:
            logger.warning("writing the status of the timer %s: %s", self.function.name, error)
