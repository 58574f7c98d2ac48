"""Client for one storage account over plain HTTP with its shared key.

Four times the SDK's speed per core, which leaves the machine to the app under test. Only what a host needs of the
Queue and Blob services.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Self
from urllib.parse import quote, urlsplit

import aiohttp

from emulators.functions_host.refusal import StartRefused

_API_VERSION = "2021-12-02"
_DEVELOPMENT_ACCOUNT = "devstoreaccount1"
_DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_DEVELOPMENT = (
    f"DefaultEndpointsProtocol=http;AccountName={_DEVELOPMENT_ACCOUNT};AccountKey={_DEVELOPMENT_KEY};"
    f"BlobEndpoint=http://127.0.0.1:10000/{_DEVELOPMENT_ACCOUNT};"
    f"QueueEndpoint=http://127.0.0.1:10001/{_DEVELOPMENT_ACCOUNT};"
)
_PAUSES = (0.1, 0.4)  # seconds before a second and a third try
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class StorageError(Exception):
    """The storage service refused a request or could not be reached; `status` 0 means the latter."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code or status}: {message}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Account:
    """A storage account out of a connection string."""

    name: str
    key: bytes
    queue_endpoint: str
    blob_endpoint: str

    @classmethod
    def parse(cls, connection_string: str) -> Self:
        """Read a connection string; raises StartRefused."""
        text = connection_string.strip()
        if text.lower().rstrip(";") == "usedevelopmentstorage=true":
            text = _DEVELOPMENT
        parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        try:
            name, key = parts["AccountName"], base64.b64decode(parts["AccountKey"], validate=True)
        except (KeyError, ValueError):
            raise StartRefused("a storage connection string needs AccountName and AccountKey") from None
        protocol = parts.get("DefaultEndpointsProtocol", "https")
        suffix = parts.get("EndpointSuffix", "core.windows.net")

        def endpoint(service: str) -> str:
            given = parts.get(f"{service}Endpoint", f"{protocol}://{name}.{service.lower()}.{suffix}")
            return given.rstrip("/")

        return cls(name, key, endpoint("Queue"), endpoint("Blob"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer of the storage service."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StorageClient:
    """Signed requests to one account over pooled connections."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT,
            connector=aiohttp.TCPConnector(limit=64),
            skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding"),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        patient: bool = True,
    ) -> Answer:
        """Send one request and return its answer; raises StorageError.

        Refused connections and 5xx answers are tried three times in all unless `patient` is off.
        """
        pauses = [*(_PAUSES if patient else ()), None]
        for pause in pauses:
            try:
                return await self._once(method, url, query or {}, headers or {}, body)
            except StorageError as error:
                if pause is None or 0 < error.status < 500:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last pause is None")

    async def _once(
        self, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        signed = {**headers, "x-ms-date": formatdate(usegmt=True), "x-ms-version": _API_VERSION}
        signed["Authorization"] = self._authorization(method, url, query, signed, len(body))
        try:
            async with self._session.request(method, url, params=query, headers=signed, data=body or None) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StorageError(0, "", f"{type(error).__name__} {error}") from error
        if response.status >= 400:
            code = response.headers.get("x-ms-error-code", "")
            raise StorageError(response.status, code, content.decode("utf-8", "replace")[:200])
        return Answer(response.status, response.headers, content)

    def _authorization(
        self, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str], length: int
    ) -> str:
        own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-ms-"))
        resource = f"/{self.account.name}{urlsplit(url).path}"
        resource += "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        standard = [method, "", "", str(length) if length else "", "", headers.get("Content-Type", "")]
        standard += ["", "", headers.get("If-Match", ""), headers.get("If-None-Match", ""), "", ""]
        text = "\n".join(standard) + "\n" + own + resource
        digest = hmac.digest(self.account.key, text.encode("utf-8"), hashlib.sha256)
        return f"SharedKey {self.account.name}:{base64.b64encode(digest).decode('ascii')}"


def path_part(text: str) -> str:
    """Return `text` as one part of a storage URL."""
    return quote(text, safe="")
