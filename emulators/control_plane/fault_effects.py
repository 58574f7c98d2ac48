"""What each kind of fault does to a request."""

import asyncio
from collections.abc import Awaitable, Callable

from emulators.control_plane.connection import cut, written
from emulators.control_plane.exchange import Exchange, Recording, send_answer
from emulators.control_plane.faults import VENDOR_ANSWERS, Fault

Effect = Callable[[Fault, Exchange], Awaitable[None]]


async def _vendor_answer(fault: Fault, exchange: Exchange) -> None:
    answer = exchange.emulated.fault_answer(fault.kind, fault.status, fault.retry_after, exchange.facts())
    await send_answer(exchange.answer, answer.status, answer.headers, answer.body)


async def _delay(_fault: Fault, exchange: Exchange) -> None:
    await exchange.run(exchange.answer)


async def _drop_before(_fault: Fault, exchange: Exchange) -> None:
    await cut(exchange.scope, exchange.receive)


async def _drop_after_commit(_fault: Fault, exchange: Exchange) -> None:
    await exchange.run(Recording())
    await cut(exchange.scope, exchange.receive)


async def _truncate(_fault: Fault, exchange: Exchange) -> None:
    recording = Recording()
    await exchange.run(recording)
    if recording.body:  # an answer without a body has no half: the client then sees nothing at all
        framing = (b"content-length", b"transfer-encoding")
        headers = [pair for pair in recording.headers if pair[0].lower() not in framing]
        headers.append((b"content-length", str(len(recording.body)).encode("ascii")))
        half = recording.body[: len(recording.body) // 2]
        await exchange.answer({"type": "http.response.start", "status": recording.status, "headers": headers})
        await exchange.answer({"type": "http.response.body", "body": half, "more_body": True})
        await written(exchange.scope)
    await cut(exchange.scope, exchange.receive)


_EFFECTS: dict[str, Effect] = {
    **dict.fromkeys(VENDOR_ANSWERS, _vendor_answer),
    "delay": _delay,
    "drop_before": _drop_before,
    "drop_after_commit": _drop_after_commit,
    "truncate": _truncate,
}


async def strike(fault: Fault, exchange: Exchange) -> None:
    """Let any fault but `commit_late` happen to a request, `delay_ms` after its arrival."""
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    await _EFFECTS[fault.kind](fault, exchange)


async def commit_late(fault: Fault, exchange: Exchange) -> None:
    """Run the application `delay_ms` from now; nobody sees its answer."""
    await asyncio.sleep(fault.delay_ms / 1000)
    await exchange.run(Recording())
