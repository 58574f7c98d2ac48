"""The only place where HTTP happens: time-outs, pool, rate limit, repeats, and what is known of delivery."""

import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from transport.connections import Departure, WitnessingAdapter, departure
from transport.delivery import DeliveryFailed, SendWindowClosed
from transport.limiter import LimiterPaused, RateLimiter
from transport.redaction import Headers, check_headers, hide_queries_in_library_logs, loggable
from transport.repeats import RepeatBudget, Repeats, full_jitter, retry_after_seconds

PAUSE_WITHOUT_RETRY_AFTER = 30.0
"""Seconds to pause after a 429 that does not say how long (ConnectWise's own text: "try again in 30 seconds")."""

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer after decompression; a page of 5,000 rows of Dataverse takes a fraction of it."""

_TOO_MANY_REQUESTS = 429
_PART = 65_536
_PASSING_STATUSES = frozenset({502, 503, 504})

_log = logging.getLogger("psasync.transport")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to open a connection, to wait for each next byte of an answer, and for the body as a whole."""

    connect: float = 10.0
    read: float = 60.0
    body: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; `headers` ignore letter case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait; None when it does not say."""
        return retry_after_seconds(self.headers)

    @property
    def says_json(self) -> bool:
        """Whether the content type names JSON."""
        media_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return media_type == "application/json" or media_type.endswith("+json")


class AnswerCutOff(DeliveryFailed):
    """Status and headers arrived, the body did not end: the server has seen the request and decided on it."""

    def __init__(self, reason: str, *, status: int, headers: Mapping[str, str]) -> None:
        super().__init__("maybe_sent", reason)
        self.status = status
        self.headers = headers


class AnswerTooLarge(AnswerCutOff):
    """The body is longer than this app takes, perhaps a small one that unpacks without end; repeating will not help."""


class Transport:
    """Exchanges requests for answers; safe to share between threads.

    Redirects are never followed and cookies never kept. Certificates (`REQUESTS_CA_BUNDLE`) and proxies
    (`HTTPS_PROXY`, `NO_PROXY`) come from the environment. A connection that was idle for more than `idle_limit` seconds
    is replaced, because the server may be about to close it. `largest_answer` is in bytes after decompression. `clock`
    must be the limiter's clock.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts,
        limiter: RateLimiter,
        pool_size: int,
        repeats: Repeats | None = None,
        idle_limit: float = 10.0,
        largest_answer: int = LARGEST_ANSWER,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = full_jitter,
    ) -> None:
        self._timeouts = timeouts
        self._limiter = limiter
        self._repeats = repeats or Repeats()
        self._idle_limit = idle_limit
        self._largest_answer = largest_answer
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._session = _session(pool_size)
        hide_queries_in_library_logs()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        repeatable: bool,
        send_before: float | None = None,
        read_timeout: float | None = None,
        passing: Callable[[Reply], bool] | None = None,
    ) -> Reply:
        """Send the request and return the answer, whatever its status.

        With `repeatable` it is repeated after lost connections, time-outs, 502, 503, 504 and every answer in which
        `passing` sees a passing fault; otherwise only when it was certainly not carried out (connection not opened,
        429). A wait that does not fit into the limits of `Repeats` is left to the caller: the last answer is
        returned or the last failure raised. `send_before` (this clock) is checked when the connection is open,
        immediately before the first byte leaves. `read_timeout` replaces that of `Timeouts`, in seconds.

        Raises DeliveryFailed: SendWindowClosed, LimiterPaused, AnswerCutOff, or itself with `not_sent` / `maybe_sent`.
        Raises ValueError for a header value that cannot be sent.
        """
        headers = Headers(headers)
        check_headers(headers)
        request = self._session.prepare_request(requests.Request(method, url, headers, data=content))
        read = self._timeouts.read if read_timeout is None else read_timeout
        budget = RepeatBudget(self._repeats, self._jitter)
        # A server that hangs must not cost `attempts` read time-outs.
        last_start = self._clock() + self._repeats.wait_in_all + read
        while True:
            outcome = self._attempt(request, send_before, read, budget.patience)
            wait = self._wait_before_repeat(outcome, repeatable, passing, budget)
            resumes_at = self._clock() + (wait or 0.0)
            if wait is None or resumes_at > last_start or (send_before is not None and resumes_at >= send_before):
                if isinstance(outcome, DeliveryFailed):
                    raise outcome
                return outcome
            _log.info("%s %s is repeated in %.2f s after %s", method, loggable(url), wait, _brief(outcome))
            self._sleep(wait)

    def close(self) -> None:
        """Close all pooled connections."""
        self._session.close()

    def _wait_before_repeat(
        self,
        outcome: Reply | DeliveryFailed,
        repeatable: bool,
        passing: Callable[[Reply], bool] | None,
        budget: RepeatBudget,
    ) -> float | None:
        """Tell the limiter of a pause; return the seconds to wait, None when the outcome is final."""
        if isinstance(outcome, DeliveryFailed):
            final = isinstance(outcome, SendWindowClosed | LimiterPaused | AnswerTooLarge)
            certainly_undone = outcome.delivery == "not_sent"
            return budget.next_wait(None) if not final and (repeatable or certainly_undone) else None
        retry_after = outcome.retry_after
        if outcome.status == _TOO_MANY_REQUESTS:
            retry_after = PAUSE_WITHOUT_RETRY_AFTER if retry_after is None else retry_after
            self._limiter.pause(retry_after)
            return budget.next_wait(retry_after)
        if outcome.status in _PASSING_STATUSES and retry_after is not None:
            self._limiter.pause(retry_after)
        if repeatable and (outcome.status in _PASSING_STATUSES or (passing is not None and passing(outcome))):
            return budget.next_wait(retry_after)
        return None

    def _attempt(
        self, request: requests.PreparedRequest, send_before: float | None, read: float, patience: float
    ) -> Reply | DeliveryFailed:
        """Send once; failures are returned, not raised, so that no library exception hangs on as their context."""
        attempt = Departure(self._clock, self._idle_limit, send_before)
        started = self._clock()
        outcome: Reply | DeliveryFailed
        try:
            with self._limiter.slot(latest=send_before, patience=patience):
                started = self._clock()
                outcome = self._send(request, attempt, read)
        except DeliveryFailed as failure:
            outcome = failure
        milliseconds = (self._clock() - started) * 1000
        _log.debug("%s %s: %s, %.0f ms", request.method, loggable(request.url or ""), _brief(outcome), milliseconds)
        return outcome

    def _send(self, request: requests.PreparedRequest, attempt: Departure, read: float) -> Reply | DeliveryFailed:
        answer: requests.Response | None = None
        witness = departure.set(attempt)
        try:
            # With stream=True the status is known before the body is read.
            settings = self._session.merge_environment_settings(request.url, {}, True, None, None)
            answer = self._session.send(request, timeout=(self._timeouts.connect, read), **settings)
            return Reply(answer.status_code, CaseInsensitiveDict(answer.headers), self._body_of(answer))
        except (requests.RequestException, HTTPError, OSError) as error:
            reason = _describe(error, attempt.begun)
        finally:
            departure.reset(witness)
            if answer is not None:
                answer.close()
        if answer is not None:
            return AnswerCutOff(reason, status=answer.status_code, headers=CaseInsensitiveDict(answer.headers))
        return DeliveryFailed("maybe_sent" if attempt.begun else "not_sent", reason)

    def _body_of(self, answer: requests.Response) -> bytes:
        """Read the body as it comes: a server that drips would never trip the read time-out."""
        deadline = self._clock() + self._timeouts.body
        body = bytearray()
        while part := answer.raw.read1(_PART, decode_content=True):
            body += part
            if len(body) > self._largest_answer:
                reason = f"the answer is longer than {self._largest_answer} bytes"
                raise AnswerTooLarge(reason, status=answer.status_code, headers=CaseInsensitiveDict(answer.headers))
            if self._clock() > deadline:
                raise TimeoutError
        return bytes(body)


class _UnredirectedSession(requests.Session):
    """A session that sees no redirect: following one can drop a body and give credentials to another host."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return nothing, so that the answer itself is returned."""


def _session(pool_size: int) -> requests.Session:
    session = _UnredirectedSession()
    session.mount("https://", WitnessingAdapter(pool_size))
    session.mount("http://", WitnessingAdapter(pool_size))
    session.headers.clear()
    session.headers["Accept-Encoding"] = "gzip, deflate"
    session.headers["User-Agent"] = "psa-sync"
    # An `auth` of its own keeps requests from replacing our Authorization header by one from a .netrc file.
    session.auth = _keep_authorization
    # Cookies would be shared by all users of the session and pin bulk work to one server (Dataverse: affinity cookie).
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _brief(outcome: Reply | DeliveryFailed) -> str:
    return f"{outcome.delivery}: {outcome.reason}" if isinstance(outcome, DeliveryFailed) else str(outcome.status)


def _describe(error: BaseException, begun: bool) -> str:
    """Name the root cause without the library's text, which repeats the URL and its query."""
    root = _root_cause(error)
    where = "the request was on its way" if begun else "no connection"
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"{where}: certificate not accepted, {root.verify_message}"
    if isinstance(root, OSError) and root.errno is not None and root.errno > 0:
        return f"{where}: {type(root).__name__}, {os.strerror(root.errno)}"
    return f"{where}: {type(root).__name__}"


def _root_cause(error: BaseException) -> BaseException:
    """Follow what the libraries wrap: arguments, `reason` and causes."""
    current = error
    for _ in range(10):
        inner = [getattr(current, "reason", None), current.__cause__, *reversed(current.args), current.__context__]
        deeper = next((one for one in inner if isinstance(one, BaseException)), None)
        if deeper is None:
            break
        current = deeper
    return current
