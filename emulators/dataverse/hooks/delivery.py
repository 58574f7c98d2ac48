"""Calls to webhook endpoints: 60 s time-out, one retry on 502, 503 and 504, never a redirect (dataverse.md 14)."""

import asyncio
import http.client
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from emulators.dataverse.rows import Row

_RETRIED: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_THREADS: Final = 16


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended; `problem` None means that the receiver answered 2xx."""

    problem: str | None
    attempts: int


class Deliverer:
    """Sends calls from threads of its own, so that a slow receiver holds up nobody else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook")

    async def deliver(self, call: Call, timeout_seconds: float) -> Outcome:
        """Send a call and, when the answer is 502, 503 or 504, once more."""
        problem: str | None = None
        for attempt in (1, 2):
            try:
                status = await self._send(call, timeout_seconds)
            except (OSError, http.client.HTTPException, TimeoutError) as error:
                return Outcome(f"The webhook call failed: {type(error).__name__} {error}".strip(), attempt)
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                return Outcome(None, attempt)
            problem = f"The webhook call failed because of http status code {status}."
            if status not in _RETRIED:
                return Outcome(problem, attempt)
        return Outcome(problem, 2)

    async def _send(self, call: Call, timeout_seconds: float) -> int:
        loop = asyncio.get_running_loop()
        sent = loop.run_in_executor(self._threads, _post, call, timeout_seconds)
        return await asyncio.wait_for(sent, timeout_seconds)


def endpoint_call(endpoint: Row, headers: dict[str, str], body: bytes) -> Call:
    """Return the call to an endpoint with its authentication."""
    url, value = str(endpoint.get("url") or ""), str(endpoint.get("authvalue") or "")
    joint = "&" if "?" in url else "?"
    match endpoint.get("authtype"):
        case 4 if value:
            url = f"{url}{joint}code={quote(value, safe='')}"
        case 5:
            headers = headers | _settings(value)
        case 6:
            pairs = "&".join(f"{quote(name)}={quote(text, safe='')}" for name, text in _settings(value).items())
            url = f"{url}{joint}{pairs}" if pairs else url
    return Call(url, headers, body)


def _settings(text: str) -> dict[str, str]:
    """Return the pairs of `<settings><setting name="..." value="..." /></settings>`."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - written by whoever registered the endpoint
    except ElementTree.ParseError:
        return {}
    return {item.get("name", ""): item.get("value", "") for item in root.iter("setting")}


def _post(call: Call, timeout_seconds: float) -> int:
    parts = urlsplit(call.url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.netloc, timeout=timeout_seconds, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_seconds)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", path, call.body, call.headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
