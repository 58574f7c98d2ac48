"""Runs functions: async ones on the event loop, others in a pool of threads (functions.md 3.4, 5.2, 5.15)."""

import asyncio
import contextvars
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from azure.functions.meta import Datum

from emulators.functions_host import typed_data
from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.output_queues import OutputQueues

logger = logging.getLogger("host")
_invocation_local = threading.local()


@dataclass(slots=True)
class Tally:
    """What became of the invocations of one function so far."""

    running: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one invocation; `returned` is the HTTP answer if there is one, `error` is None after success."""

    invocation_id: str
    returned: Datum | None
    error: BaseException | None
    milliseconds: float


class _Output:
    """The object that a function fills through `set`."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, value: Any) -> None:
        self._value = value

    def get(self) -> Any:
        return self._value


class Invoker:
    """Invokes functions and sends their queue outputs after success."""

    def __init__(self, outputs: OutputQueues, *, threads: int | None, timeout: float | None) -> None:
        self._outputs = outputs
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="function")
        self._timeout = timeout
        self.tallies: dict[str, Tally] = {}

    async def invoke(self, function: LoadedFunction, trigger: Datum, metadata: Mapping[str, Datum]) -> Outcome:
        """Run a function once; an exception of it is in the outcome, never raised."""
        invocation_id = str(uuid4())
        tally = self.tally(function.name)
        started = perf_counter()
        logger.info("Executing 'Functions.%s' (Id=%s)", function.name, invocation_id)
        tally.running += 1
        returned, error = None, None
        try:
            returned = await self._run(function, invocation_id, trigger, metadata)
        except Exception as raised:  # noqa: BLE001  # whatever the app raises is a failed invocation
            error = raised
        finally:
            tally.running -= 1
        milliseconds = (perf_counter() - started) * 1000
        word = "Failed" if error else "Succeeded"
        tally.outcomes[word.lower()] += 1
        _log_end(function.name, word, invocation_id, milliseconds, error)
        return Outcome(invocation_id, returned, error, milliseconds)

    def tally(self, name: str) -> Tally:
        """Return the tally of a function."""
        return self.tallies.setdefault(name, Tally())

    def close(self) -> None:
        """Stop taking work; a function that runs is left alone."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(
        self, function: LoadedFunction, invocation_id: str, trigger: Datum, metadata: Mapping[str, Datum]
    ) -> Datum | None:
        signature = function.signature
        name = function.trigger.name
        decode = typed_data.converter(signature.inputs[name].binding_type).decode
        arguments: dict[str, Any] = {name: decode(trigger, trigger_metadata=metadata)}
        outputs = {output: _Output() for output in signature.outputs}
        arguments.update(outputs)
        if signature.wants_context:
            arguments["context"] = _context(function, invocation_id)
        value = await self._call_in_time(function, invocation_id, arguments)
        if value is not None and signature.returned is None:
            raise RuntimeError(f"the function {function.name} returned a value without a $return binding")
        given = {
            output: typed_data.encode(parameter.binding_type, outputs[output].get(), parameter.pytype)
            for output, parameter in signature.outputs.items()
            if outputs[output].get() is not None
        }
        if signature.returned is not None:
            given["$return"] = typed_data.encode(signature.returned.binding_type, value, signature.returned.pytype)
        queued = {output: datum for output, datum in given.items() if output in function.queue_outputs}
        if queued:
            await self._outputs.send(function, queued)
        return next((datum for output, datum in given.items() if output not in queued), None)

    async def _call_in_time(self, function: LoadedFunction, invocation_id: str, arguments: dict[str, Any]) -> Any:
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                return await self._call(function, invocation_id, arguments)
        except TimeoutError as error:
            if not limit.expired():
                raise
            # a thread cannot be stopped: it keeps its place in the pool until the function returns
            raise TimeoutError(f"{function.name} ran longer than functionTimeout ({self._timeout:g} s)") from error

    async def _call(self, function: LoadedFunction, invocation_id: str, arguments: dict[str, Any]) -> Any:
        if function.is_async:
            _invocation_local.invocation_id = invocation_id
            return await function.call(**arguments)

        def call() -> Any:
            _invocation_local.invocation_id = invocation_id
            return function.call(**arguments)

        return await asyncio.get_running_loop().run_in_executor(self._pool, contextvars.copy_context().run, call)


def _context(function: LoadedFunction, invocation_id: str) -> SimpleNamespace:
    return SimpleNamespace(
        invocation_id=invocation_id,
        function_name=function.name,
        function_directory=function.directory,
        thread_local_storage=_invocation_local,
        trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )


def _log_end(name: str, word: str, invocation_id: str, milliseconds: float, error: BaseException | None) -> None:
    logger.log(
        logging.ERROR if error else logging.INFO,
        "Executed 'Functions.%s' (%s, Id=%s, Duration=%.0fms)",
        name,
        word,
        invocation_id,
        milliseconds,
        exc_info=error,
    )
