"""A transport that answers from a script, and the multipart text of answers written independently of the client."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from requests.structures import CaseInsensitiveDict

from dataverse.client import DataverseClient
from dataverse.patience import Patience

BASE = "https://contoso.crm.dynamics.com"
ROOT = BASE + "/api/data/v9.2/"
DATE = "Sat, 31 Jan 2026 08:00:00 GMT"


@dataclass
class Part:
    """One request of a batch as it was sent."""

    method: str
    target: str
    headers: CaseInsensitiveDict[str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


@dataclass
class Sent:
    """One request as the transport got it."""

    method: str
    url: str
    headers: CaseInsensitiveDict[str]
    content: bytes | None
    repeatable: bool
    passing: Callable[[Any], bool] | None = None

    @property
    def body(self) -> Any:
        return json.loads(self.content or b"null")

    @property
    def parts(self) -> list[Part]:
        boundary = self.headers["Content-Type"].partition("boundary=")[2]
        text = (self.content or b"").decode()
        assert text.endswith(f"--{boundary}--\r\n")
        return [_part(piece) for piece in text.split(f"--{boundary}\r\n")[1:]]


def _part(text: str) -> Part:
    _, _, http = text.partition("\r\n\r\n")
    head, _, rest = http.partition("\r\n\r\n")
    request_line, *lines = head.split("\r\n")
    method, target, _ = request_line.split(" ")
    headers = CaseInsensitiveDict(dict(line.split(": ", 1) for line in lines))
    content = rest.encode()[: int(headers.get("Content-Length", "0"))]
    return Part(method, target, headers, content)


@dataclass
class Reply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def __post_init__(self) -> None:
        self.headers = CaseInsensitiveDict({"Date": DATE, **self.headers})


def json_reply(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(document).encode())


def error_document(code: str, message: str = "no") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def error_reply(status: int, code: str = "0x0", headers: Mapping[str, str] | None = None) -> Reply:
    return json_reply(error_document(code), status, headers)


def http_part(reply: Reply, content_id: int | None = None) -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        lines.append(f"Content-ID: {content_id}")
    lines += ["", f"HTTP/1.1 {reply.status} Some Reason"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items() if name != "Date"]
    return "\r\n".join(lines) + "\r\n\r\n" + reply.content.decode() + "\r\n"


def multipart(parts: list[str], boundary: str = "batchresponse_c1") -> str:
    return "".join(f"--{boundary}\r\n{part}" for part in parts) + f"--{boundary}--\r\n"


def batch_reply(*parts: Reply) -> Reply:
    text = multipart([http_part(part) for part in parts])
    return Reply(200, {"Content-Type": "multipart/mixed; boundary=batchresponse_c1"}, text.encode())


Answering = Reply | Exception | Callable[[Sent], Reply]


class ScriptedTransport:
    """Answers each request with the next entry of its script, and remembers what was sent; it repeats nothing."""

    def __init__(self, *script: Answering) -> None:
        self.script = deque(script)
        self.sent: list[Sent] = []

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        repeatable: bool,
        passing: Callable[[Any], bool] | None = None,
    ) -> Reply:
        sent = Sent(method, url, CaseInsensitiveDict(headers), content, repeatable, passing)
        self.sent.append(sent)
        assert self.script, f"nobody expected {method} {url}"
        answer = self.script.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else answer(sent)


class FakeTime:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def patience(self, *, attempts: int = 5, seconds: float = 5.0) -> Patience:
        return Patience(
            attempts=attempts, seconds=seconds, monotonic=self.monotonic, sleep=self.sleep, jitter=lambda: 1.0
        )


def client_of(transport: Any, *, patience: Patience | None = None, token: Any = None) -> DataverseClient:
    return DataverseClient(
        base_url=BASE,
        token=token or (lambda: "a-token"),
        transport=transport,
        patience=patience or FakeTime().patience(),
    )
