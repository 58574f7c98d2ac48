"""Webhooks of one environment: what is sent when, and what becomes of it (dataverse.md 14)."""

import asyncio
import uuid
from typing import Any, Final

from emulators.dataverse.environment import APPLICATION_USER_ID, Environment
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.events import Event
from emulators.dataverse.hooks.context import execution_context, within
from emulators.dataverse.hooks.delivery import Deliverer, Outcome, endpoint_call
from emulators.dataverse.hooks.steps import Step, StepRegistry
from emulators.dataverse.operations import Operations
from emulators.dataverse.settings import Settings
from emulators.dataverse.values import kept_moment

_SUCCEEDED: Final = 30
_FAILED: Final = 31
_COMPLETED: Final = 3
_SYSTEM_EVENT: Final = 1


class Webhooks:
    """Sends events to the steps that listen to them."""

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self._environment = environment
        self._settings = settings
        self._registry = StepRegistry(environment)
        self._deliverer = Deliverer()
        self._running: set[asyncio.Task[None]] = set()

    def has_synchronous_steps(self) -> bool:
        """Tell whether any write may have to wait for a receiver."""
        return any(step.synchronous for step in self._registry.steps())

    async def call_synchronous(self, events: list[Event], host: str) -> None:
        """Call the synchronous steps in order; raises DataverseError 400 when one fails, which aborts the save."""
        for event in events:
            for step in self._registry.steps():
                if step.synchronous and step.hears(event):
                    outcome = await self._call(step, event, str(uuid.uuid4()), host)
                    if outcome.problem is not None:
                        raise DataverseError(400, "0x80040265", outcome.problem)

    def send_later(self, events: list[Event], host: str) -> None:
        """Call the asynchronous steps after the answer; failures end in asyncoperations."""
        steps = self._registry.steps()
        if not steps:
            return
        for event in events:
            for step in steps:
                if not step.synchronous and step.hears(event):
                    task = asyncio.create_task(self._run(step, event, host))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._running:
            await asyncio.gather(*self._running)

    async def _run(self, step: Step, event: Event, host: str) -> None:
        started = self._environment.clock.now()
        correlation_id = str(uuid.uuid4())
        outcome = await self._call(step, event, correlation_id, host)
        if outcome.problem is None and not step.keeps_succeeded:
            return
        reason = _SUCCEEDED if outcome.problem is None else _FAILED
        row: dict[str, Any] = {
            "name": step.name,
            "operationtype": _SYSTEM_EVENT,
            "messagename": event.message,
            "primaryentitytype": "none" if event.table is None else event.table.logical_name,
            "correlationid": correlation_id,
            "retrycount": outcome.attempts - 1,
            "startedon": f"{kept_moment(started.replace(microsecond=0))}Z",
            "completedon": f"{kept_moment(self._environment.clock.now().replace(microsecond=0))}Z",
            "message": outcome.problem,
            "statecode": _COMPLETED,
            "statuscode": reason,
            "owningextensionid@odata.bind": f"/sdkmessageprocessingsteps({step.step_id})",
        }
        caller = self._environment.directory.caller(APPLICATION_USER_ID)
        with self._environment.store.transaction():
            Operations(self._environment, caller, {}).create(self._environment.table("asyncoperation"), row)

    async def _call(self, step: Step, event: Event, correlation_id: str, host: str) -> Outcome:
        body, cut = within(
            execution_context(self._environment, step, event, correlation_id), self._settings.webhook_most_bytes
        )
        headers = {
            "Content-Type": "application/json",
            "x-ms-dynamics-organization": host,
            "x-ms-dynamics-entity-name": "none" if event.table is None else event.table.logical_name,
            "x-ms-dynamics-request-name": event.message,
            "x-ms-correlation-request-id": correlation_id,
        }
        if cut:
            headers["x-ms-dynamics-msg-size-exceeded"] = "true"
        return await self._deliverer.deliver(
            endpoint_call(step.endpoint, headers, body), self._settings.webhook_timeout_seconds
        )
