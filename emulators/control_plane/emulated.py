"""What an emulator must offer so that the control plane can be laid around it."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from emulators.control_plane.clock import Clock

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class SeedError(Exception):
    """A seed document cannot be loaded; the text reads "<path in the document>: <what is wrong>"."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request without its body; header names are lower case, `path` is percent-decoded, `query` is not."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FaultAnswer:
    """A complete answer: for a fault in the vendor's own words, or of an emulator's own control route."""

    status: int
    headers: dict[str, str]
    body: bytes


class Emulated(Protocol):
    """One vendor API.

    An emulator may also have `extra_control(method, path, body) -> FaultAnswer | None` for own routes under
    `/_emulator/`: `path` is the part behind that prefix with its query, and None means that there is no such route.
    """

    name: str
    clock: Clock

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the first message from `receive` carries the whole body."""

    def reset(self) -> None:
        """Empty the store; credentials, setup lists and metadata stay."""

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Load rows and return counts; numbers with a fraction arrive as Decimal. Raises SeedError."""

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /_emulator/state`; values may be Decimal, datetime, date or UUID. Raises ValueError."""

    def route_template(self, method: str, path: str) -> str:
        """Return the path with its ids replaced by `{id}`, as used in the counts of the request log."""

    def operations(self, facts: RequestFacts, body: bytes) -> int:
        """Return how many rows a request touches: parts of a batch, targets of a bulk message, else 1."""

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:
        """Return the vendor's own answer for a fault of kind "status", "rate_limit" or "html"."""
