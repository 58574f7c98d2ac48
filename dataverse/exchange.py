"""One request to Dataverse and its answer: headers, token, impersonation, lost answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from dataverse.batch import Answer, Operation, answer_to
from dataverse.errors import NoAnswer
from dataverse.psasync.records import EntraObjectId, ServerTime
from transport import decimal_json
from transport.delivery import DeliveryFailed

API_PATH = "/api/data/v9.2/"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_UNAUTHORIZED = 401
_SERVER_ERROR = 500


class HttpReply(Protocol):
    """An HTTP answer as `transport` gives it; header names are found in any letter case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


class HttpTransport(Protocol):
    """What the client needs of `transport.Transport`."""

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        repeatable: bool,
        passing: Callable[[HttpReply], bool] | None = None,
    ) -> HttpReply:
        """Send the request; raise DeliveryFailed when no answer came.

        With `repeatable` it is sent again, for a few seconds, after lost answers and passing faults: 502, 503, 504 and
        what `passing` names.
        """
        ...


@runtime_checkable
class RenewableToken(Protocol):
    """A source of tokens that can be told that one was refused."""

    def __call__(self) -> str: ...
    def discard(self, refused: str) -> None:
        """Forget this token, so that the next call gets a new one."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One environment, reached with one token source and, if set, with the rights of `caller` too.

    `base_url` is the address of the environment without the API path and without a slash at its end.
    """

    base_url: str
    token: Callable[[], str] = field(repr=False)
    transport: HttpTransport = field(repr=False)
    monotonic: Callable[[], float] = field(repr=False)
    caller: EntraObjectId | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("the address of Dataverse must start with https://")

    @property
    def service_root(self) -> str:
        """The address that all others are relative to."""
        return self.base_url + API_PATH

    @property
    def caller_headers(self) -> dict[str, str]:
        """The impersonation header (Dataverse: impersonation), empty for the app itself."""
        return {} if self.caller is None else {"CallerObjectId": self.caller}

    def impersonating(self, caller: EntraObjectId) -> "Endpoint":
        """Return the same environment with the rights of this user too."""
        return replace(self, caller=caller)

    def exchange(
        self, operation: Operation, *, repeatable: bool, content: bytes | None = None
    ) -> tuple[Answer, ServerTime | None]:
        """Send one request; return its answer, whatever it is, and Dataverse's time if the answer names it.

        `content` is a body that is not JSON. Raises NoAnswer, and TokenUnavailable from the token source.
        """
        headers = {**_common_headers(operation.method), **self.caller_headers}
        if operation.body is not None:
            headers["Content-Type"] = "application/json"
            content = decimal_json.dumps(operation.body)
        headers |= operation.headers
        before = self.monotonic()
        reply, token = self._attempt(operation, headers, content, repeatable)
        if reply.status == _UNAUTHORIZED:
            # 401 means that nothing was carried out, so any request may be sent again, once, with a new token
            if isinstance(self.token, RenewableToken):
                self.token.discard(token)
            reply, _ = self._attempt(operation, headers, content, repeatable)
        answer = answer_to(operation, reply.status, reply.headers, reply.content)
        return answer, _server_time(reply.headers.get("date", ""), before)

    def _attempt(
        self, operation: Operation, headers: Mapping[str, str], content: bytes | None, repeatable: bool
    ) -> tuple[HttpReply, str]:
        token = self.token()
        authorized = {**headers, "Authorization": f"Bearer {token}"}
        absolute = operation.address.startswith(("http://", "https://"))
        url = operation.address if absolute else self.service_root + operation.address
        try:
            reply = self.transport.exchange(
                operation.method,
                url,
                headers=authorized,
                content=content,
                repeatable=repeatable,
                passing=_is_passing,
            )
        except DeliveryFailed as failure:
            raise NoAnswer(
                method=operation.method, path=operation.path, delivery=failure.delivery, vendor_message=failure.reason
            ) from failure
        return reply, token


def _is_passing(reply: HttpReply) -> bool:
    """Tell whether the same request may succeed a moment later, apart from the statuses that say so themselves.

    500 is what deadlocks and time-outs of the database answer (0x80044150, 0x80044151; Dataverse: bulk operations). A
    success in HTML is a page of something in front of Dataverse.
    """
    is_page = 200 <= reply.status < 300 and reply.headers.get("content-type", "").lower().startswith("text/html")
    return reply.status == _SERVER_ERROR or is_page


def _common_headers(method: str) -> dict[str, str]:
    headers = {"Accept": "application/json", "OData-MaxVersion": "4.0", "OData-Version": "4.0"}
    if method == "GET":
        # against caching of expanded collections; the literal null is no condition (Dataverse: compose requests)
        headers["If-None-Match"] = "null"
    return headers


def _server_time(http_date: str, monotonic: float) -> ServerTime | None:
    try:
        return ServerTime(parsedate_to_datetime(http_date).astimezone(UTC), monotonic)
    except ValueError:
        return None
