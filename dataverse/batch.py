"""The multipart text of `$batch`: requests out, answers in (Dataverse: batch; OData 4.0, 11.7).

Every line ends with CRLF, the last one too: Dataverse refuses a batch with bare line feeds.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from dataverse.errors import AnswerNotUnderstood, DataverseError
from dataverse.failures import failure_from
from transport import decimal_json

MAX_OPERATIONS = 1_000
"""Requests of one batch, those in change sets included."""

_EOL = b"\r\n"
_BLANK_LINE = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_LINE_BREAK = re.compile(r"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Operation:
    """One request; `address` is relative to the service root, or an absolute URL that Dataverse gave (a nextLink)."""

    method: str
    address: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The address without its query, for errors and logs."""
        return urlsplit(self.address).path


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Writes that succeed or fail together; a later one may name the row of an earlier one as `$<content id>`.

    Content ids count from 1 over all change sets of a batch.
    """

    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one operation, with the typed error it means, if any; header names are found in lower case."""

    operation: Operation
    status: int
    headers: Mapping[str, str]
    content: bytes
    failure: DataverseError | None

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the body; raise AnswerNotUnderstood when it holds none."""
        try:
            document = decimal_json.loads(self.content)
        except ValueError as malformed:
            raise self.not_understood(f"the body is not JSON: {malformed}") from malformed
        if not isinstance(document, dict):
            raise self.not_understood("the body is not a JSON object")
        return document

    def not_understood(self, reason: str) -> AnswerNotUnderstood:
        """Return the error that this answer is not what it should be."""
        return AnswerNotUnderstood(
            method=self.operation.method,
            path=self.operation.path,
            status=self.status,
            vendor_message=reason,
            request_id=self.headers.get("x-ms-service-request-id") or self.headers.get("req_id"),
        )


def answer_to(operation: Operation, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """Return the answer with its failure, if it is one."""
    failure = failure_from(operation.method, operation.path, status, headers, content)
    return Answer(operation, status, headers, content, failure)


def operations_of(entries: Sequence[Operation | ChangeSet]) -> Iterator[Operation]:
    """Return all operations in order, change sets opened."""
    for entry in entries:
        if isinstance(entry, ChangeSet):
            yield from entry.operations
        else:
            yield entry


# --- out


def encode(
    entries: Sequence[Operation | ChangeSet], service_path: str, headers: Mapping[str, str]
) -> tuple[str, bytes]:
    """Return content type and body of a batch; `headers` go into each part, those of the operation win.

    `service_path` is the absolute path of the service root, with a slash at its end.
    """
    boundary = f"batch_{uuid.uuid4()}"
    content_id = 0
    pieces = []
    for entry in entries:
        pieces.append(f"--{boundary}".encode() + _EOL)
        if isinstance(entry, Operation):
            pieces.append(_part(entry, service_path, headers, None))
            continue
        inner = f"changeset_{uuid.uuid4()}"
        pieces.append(f"Content-Type: multipart/mixed; boundary={inner}".encode() + _BLANK_LINE)
        for operation in entry.operations:
            content_id += 1
            pieces.append(f"--{inner}".encode() + _EOL + _part(operation, service_path, headers, content_id))
        # MIME counts the line end before a delimiter as part of it: one for the set's own last line, one for the batch
        pieces.append(f"--{inner}--".encode() + _EOL + _EOL)
    pieces.append(f"--{boundary}--".encode() + _EOL)
    return f"multipart/mixed; boundary={boundary}", b"".join(pieces)


def _part(operation: Operation, service_path: str, headers: Mapping[str, str], content_id: int | None) -> bytes:
    content = b"" if operation.body is None else decimal_json.dumps(operation.body)
    inner_headers = {**headers, **operation.headers}
    if operation.body is not None:
        inner_headers["Content-Type"] = "application/json"
        # not required by Dataverse, but proxies that open batches have needed it
        inner_headers["Content-Length"] = str(len(content))
    outer = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        outer.append(f"Content-ID: {content_id}")
    lines = [*outer, "", f"{operation.method} {_target(operation.address, service_path)} HTTP/1.1"]
    for name, value in inner_headers.items():
        if _LINE_BREAK.search(value):
            raise ValueError(f"header {name} holds a line break")
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines).encode() + _BLANK_LINE + content + _EOL


def _target(address: str, service_path: str) -> str:
    if _UNSAFE.search(address):
        raise ValueError("an address must be encoded before it goes into a batch")
    # a nextLink is sent back byte for byte; "$1" refers to an earlier part of the change set
    return address if address.startswith(("http://", "https://", "$")) else service_path + address


# --- in


@dataclass(frozen=True, slots=True)
class _HttpPart:
    content_id: str | None
    status: int
    headers: Mapping[str, str]
    content: bytes


class BatchMalformed(ValueError):
    """The text is not a complete multipart answer."""


def decode(content_type: str, content: bytes, entries: Sequence[Operation | ChangeSet]) -> list[Answer]:
    """Return one answer per operation, in order; raise BatchMalformed when the text is cut off or does not fit.

    A failed change set gives each of its operations the one error. It arrives either as a plain part, as OData has it,
    or inside a `changesetresponse`, as Dataverse has been seen to send it; both are read.
    """
    parts = list(_read_parts(content_type, content))
    if len(parts) != len(entries):
        raise BatchMalformed(f"{len(parts)} answers to {len(entries)} requests")
    answers: list[Answer] = []
    for entry, part in zip(entries, parts, strict=True):
        if isinstance(entry, ChangeSet):
            answers.extend(_answers_of_set(entry, [part] if isinstance(part, _HttpPart) else part))
        elif isinstance(part, _HttpPart):
            answers.append(_answer(entry, part))
        else:
            raise BatchMalformed("a change set answers a single request")
    return answers


def last_failure(content_type: str, content: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and body of the last part: the error that ended a batch without continue-on-error."""
    parts = list(_read_parts(content_type, content))
    last = parts[-1] if parts else []
    part = last if isinstance(last, _HttpPart) else last[-1] if last else None
    if part is None:
        raise BatchMalformed("no part")
    return part.status, part.headers, part.content


def _answers_of_set(entry: ChangeSet, parts: list[_HttpPart]) -> Iterator[Answer]:
    if len(parts) == 1 and parts[0].status >= 400:
        return (_answer(operation, parts[0]) for operation in entry.operations)
    if len(parts) != len(entry.operations):
        raise BatchMalformed(f"{len(parts)} answers to {len(entry.operations)} requests of a change set")
    if all(part.content_id and part.content_id.isdigit() for part in parts):
        # OData lets the answers of a change set come in any order
        parts = sorted(parts, key=lambda part: int(part.content_id or 0))
    return (_answer(operation, part) for operation, part in zip(entry.operations, parts, strict=True))


def _answer(operation: Operation, part: _HttpPart) -> Answer:
    return answer_to(operation, part.status, part.headers, part.content)


def _read_parts(content_type: str, content: bytes) -> Iterator[_HttpPart | list[_HttpPart]]:
    for headers, body in _split(content_type, content):
        inner_type = headers.get("content-type", "")
        if inner_type.lower().startswith("multipart/mixed"):
            yield [_http_part(inner, inner_body) for inner, inner_body in _split(inner_type, body)]
        else:
            yield _http_part(headers, body)


def _split(content_type: str, content: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if not boundary:
        raise BatchMalformed("no boundary")
    delimiter = re.compile(rb"\r\n--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    text = _EOL + content
    marks = list(delimiter.finditer(text))
    if not marks or marks[-1].group(1) is None:
        # without the closing delimiter nobody knows how many answers are missing
        raise BatchMalformed("the closing delimiter is missing")
    for mark, following in pairwise(marks):
        yield _headers_and_body(text[mark.end() + len(_EOL) : following.start()])


def _http_part(outer: Mapping[str, str], body: bytes) -> _HttpPart:
    status_line, _, rest = body.partition(_EOL)
    matched = _STATUS_LINE.match(status_line)
    if matched is None:
        raise BatchMalformed("a part is not an HTTP answer")
    headers, content = _headers_and_body(rest)
    # Content-Length is optional here, and an empty body may be followed by more empty lines
    return _HttpPart(outer.get("content-id"), int(matched.group(1)), headers, content.strip(_EOL))


def _headers_and_body(text: bytes) -> tuple[dict[str, str], bytes]:
    if text.startswith(_EOL):
        return {}, text[len(_EOL) :]
    head, _, body = text.partition(_BLANK_LINE)
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, body
