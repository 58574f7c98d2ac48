"""Requests and answers of the Web API, apart from how they travel (dataverse.md 2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from emulators.dataverse.errors import DataverseError, payload
from emulators.dataverse.json_text import InvalidJsonError, dumps, loads
from emulators.dataverse.security import Caller

ROOT: Final = "/api/data/v9.2"
JSON_TYPE: Final = "application/json; odata.metadata=minimal"
_PREFERENCE: Final = re.compile(r"""\s*([\w.-]+)\s*(?:=\s*("(?:[^"]*)"|[^,;\s]*))?\s*[,;]?""")
_FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the Prefer headers ask for; `annotations` holds the patterns of odata.include-annotations."""

    representation: bool = False
    max_page_size: int | None = None
    annotations: tuple[str, ...] = ()
    track_changes: bool = False
    continue_on_error: bool = False
    applied: tuple[str, ...] = ()

    def includes(self, annotation: str) -> bool:
        """Tell whether an annotation is wanted; `*` and `prefix*` are wildcards."""
        return any(
            annotation.startswith(pattern[:-1]) if pattern.endswith("*") else annotation == pattern
            for pattern in self.annotations
        )

    @property
    def formatted(self) -> bool:
        """Tell whether formatted values are wanted."""
        return self.includes(_FORMATTED)


NO_PREFERENCES: Final = Preferences()


@dataclass(slots=True)
class Response:
    """One answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the value of a header, names ignoring case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Request:
    """One request, or one part of a batch.

    `path` is relative to the service root and still percent-encoded; `base` is the absolute service root;
    `references` holds what `$1` stands for inside a change set.
    """

    method: str
    base: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    caller: Caller
    in_batch: bool = False
    references: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Return the query options, decoded; `+` is a space."""
        return read_query(self.raw_query)

    @cached_property
    def preferences(self) -> Preferences:
        """Return what the Prefer header asks for."""
        text = self.headers.get("prefer")
        return read_preferences(text) if text else NO_PREFERENCES

    @property
    def url(self) -> str:
        """Return the absolute URL as it was asked for."""
        return f"{self.base}/{self.path}{'?' + self.raw_query if self.raw_query else ''}"

    def document(self, entity_set: str) -> dict[str, Any]:
        """Return the body as a JSON object; raises 400."""
        try:
            value = loads(self.body)
        except InvalidJsonError as error:
            raise payload(entity_set, f"Invalid JSON. {error}") from error
        if not isinstance(value, dict):
            raise payload(entity_set, "A node of type 'StartObject' was expected when reading from the JSON reader.")
        return value


def read_query(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a query string."""
    pairs = []
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote(name), unquote_plus(value)))
    return pairs


def read_preferences(text: str) -> Preferences:
    """Return the preferences of a Prefer header; commas inside quotes do not separate."""
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(text):
        found[name.lower()] = value
    annotations = found.get("odata.include-annotations", "").strip('"')
    size = found.get("odata.maxpagesize", "").strip('"')
    applied = [f"{name}={value}" if value else name for name, value in found.items()]
    return Preferences(
        representation=found.get("return") == "representation",
        max_page_size=int(size) if size.isdigit() and int(size) > 0 else None,
        annotations=tuple(pattern.strip() for pattern in annotations.split(",") if pattern.strip()),
        track_changes="odata.track-changes" in found,
        continue_on_error="odata.continue-on-error" in found,
        applied=tuple(applied),
    )


def json_response(value: Any, status: int = HTTPStatus.OK, headers: list[tuple[str, str]] | None = None) -> Response:
    """Return an answer with a JSON body."""
    return Response(status, [("Content-Type", JSON_TYPE), *(headers or [])], dumps(value))


def error_response(error: DataverseError) -> Response:
    """Return the vendor's error body."""
    body = dumps({"error": {"code": error.code, "message": error.message}})
    return Response(error.status, [("Content-Type", JSON_TYPE), *error.headers], body)
