"""The multipart form of `$batch` requests and answers (dataverse.md 7)."""

import re
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from emulators.dataverse.errors import DataverseError, payload, query_syntax
from emulators.dataverse.web import ROOT, Response

_CRLF: Final = b"\r\n"
_BOUNDARY: Final = re.compile(r'multipart/mixed\s*;.*?boundary=("([^"]+)"|[^;\s]+)', re.IGNORECASE)
_REQUEST_LINE: Final = re.compile(r"([A-Z]+) (\S.*?) HTTP/1\.1")
MOST_PARTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch; `url` is absolute, from the service root, or a `$1` reference."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    content_id: str | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Requests that succeed or fail together."""

    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to one part."""

    response: Response
    content_id: str | None


def read_batch(content_type: str, body: bytes) -> list[Part | ChangeSet]:
    """Return the parts of a batch in order; raises DataverseError 400 for a batch that is malformed as a whole."""
    boundary = _boundary(content_type)
    if boundary is None:
        raise DataverseError(
            400, "0x0", "The value of the 'Content-Type' header is not multipart/mixed with a boundary."
        )
    items: list[Part | ChangeSet] = []
    if not body.endswith(_CRLF):
        raise _not_readable()
    for headers, content in _split(body, boundary):
        inner = _boundary(headers.get("content-type", ""))
        if inner is None:
            items.append(_part(headers, content))
        else:
            items.append(ChangeSet([_part(*piece) for piece in _split(content, inner)]))
    count = sum(len(item.parts) if isinstance(item, ChangeSet) else 1 for item in items)
    if count > MOST_PARTS:
        raise DataverseError(
            400, "0x80060888", f"The number of requests in the batch exceeds the maximum of {MOST_PARTS}."
        )
    return items


def _boundary(content_type: str) -> str | None:
    match = _BOUNDARY.match(content_type)
    return None if match is None else match[2] or match[1]


def _split(body: bytes, boundary: str) -> list[tuple[dict[str, str], bytes]]:
    """Split at the boundary lines; every line must end with CRLF, the last one too."""
    mark = b"--" + boundary.encode()
    head, *pieces = (_CRLF + body).split(_CRLF + mark)
    if not pieces or head.strip() or not (pieces[-1] + _CRLF).startswith(b"--" + _CRLF):
        raise _not_readable()
    found = []
    for piece in pieces[:-1]:
        if not piece.startswith(_CRLF):
            raise _not_readable()
        header_text, separator, content = piece[2:].partition(_CRLF + _CRLF)
        if not separator:
            raise _not_readable()
        found.append((_headers(header_text), content))
    return found


def _headers(text: bytes) -> dict[str, str]:
    headers = {}
    for line in text.split(_CRLF):
        name, separator, value = line.decode("utf-8", "replace").partition(":")
        if separator:
            headers[name.strip().lower()] = value.strip()
    return headers


def _part(headers: dict[str, str], content: bytes) -> Part:
    if not headers.get("content-type", "").startswith("application/http"):
        raise query_syntax("The content type of a part of a batch must be application/http.")
    head, separator, body = content.partition(_CRLF + _CRLF)
    if not separator and content.endswith(_CRLF):  # without a body, one empty line is enough
        head, separator = content[: -len(_CRLF)], _CRLF
    line, _, header_text = head.partition(_CRLF)
    match = _REQUEST_LINE.fullmatch(line.decode("utf-8", "replace"))
    if match is None or not separator:
        raise _not_readable()
    return Part(match[1], match[2], _headers(header_text), body, headers.get("content-id"))


def _not_readable() -> DataverseError:
    return payload("$batch", "Stream was not readable.")


def write_batch(answers: list[Answered | list[Answered]]) -> tuple[str, bytes]:
    """Return content type and body of an answer; a list stands for a change set."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    pieces: list[bytes] = []
    for answer in answers:
        pieces.append(b"--" + boundary.encode() + _CRLF)
        if isinstance(answer, Answered):
            pieces.append(_answer(answer, with_id=False))
        else:
            inner = f"changesetresponse_{uuid.uuid4()}"
            pieces.append(f'Content-Type: multipart/mixed; boundary="{inner}"\r\n\r\n'.encode())
            for part in answer:
                pieces += [b"--" + inner.encode() + _CRLF, _answer(part, with_id=True)]
            pieces.append(b"--" + inner.encode() + b"--" + _CRLF)
    pieces.append(b"--" + boundary.encode() + b"--" + _CRLF)
    return f'multipart/mixed; boundary="{boundary}"', b"".join(pieces)


def _answer(answer: Answered, *, with_id: bool) -> bytes:
    response = answer.response
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if with_id and answer.content_id is not None:
        lines.append(f"Content-ID: {answer.content_id}")
    lines += ["", f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    if response.status >= HTTPStatus.BAD_REQUEST:
        lines.append(f"REQ_ID: {uuid.uuid4()}")
    for name, value in response.headers:
        streamed = name == "Content-Type" and response.status < HTTPStatus.BAD_REQUEST and value.endswith("=minimal")
        lines.append(f"{name}: {value}{'; odata.streaming=true' if streamed else ''}")
    lines += ["OData-Version: 4.0", "", ""]
    return "\r\n".join(lines).encode() + response.body + _CRLF


def service_path(url: str, base: str) -> str | None:
    """Return the part of a URL behind the service root, None when it is of another service."""
    if url.startswith(base):
        return url[len(base) :].lstrip("/")
    if url.startswith(ROOT):
        return url[len(ROOT) :].lstrip("/")
    if url.startswith(("/", "http:", "https:")):
        _, found, rest = url.partition(f"{ROOT}/")
        return rest if found and url.startswith("http") else None
    return url
