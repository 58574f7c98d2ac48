"""host.json, read strictly: what the host does not know or cannot do is refused (functions.md 4.5, 5.17)."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulators.functions_host.refusal import StartRefused
from emulators.functions_host.timespan import timespan_seconds

_TOP_LEVEL = {
    "$schema", "version", "functionTimeout", "retry", "functions", "http", "watchDirectories", "watchFiles", "queues",
    "serviceBus", "eventHub", "singleton", "logging", "aggregator", "healthMonitor", "extensionBundle",
    "managedDependencies", "customHandler", "httpWorker", "extensions", "concurrency",
    "sendCanceledInvocationsToWorker", "metadataProviderTimeout", "id", "telemetryMode",
}  # fmt: skip
# of the first version of the host, or of languages and modes that are not emulated
_NOT_EMULATED = {"retry", "http", "queues", "serviceBus", "eventHub", "customHandler", "httpWorker", "concurrency"}
_BUNDLE = "Microsoft.Azure.Functions.ExtensionBundle"
_DEFAULT_FUNCTION_TIMEOUT = 1800.0


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """`extensions.queues`; times in seconds."""

    batch_size: int = 16
    new_batch_threshold: int = field(default_factory=lambda: 8 * (os.cpu_count() or 1))
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling_interval: float = 2.0  # the default where the environment is Development
    message_encoding: str = "base64"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """`extensions.http`; -1 is no limit."""

    route_prefix: str = "api"
    max_outstanding_requests: int = -1
    max_concurrent_requests: int = -1
    custom_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostJson:
    """The settings that this host honours; `function_timeout` in seconds (None: no limit)."""

    http: HttpOptions = HttpOptions()
    queues: QueueOptions = field(default_factory=QueueOptions)
    function_timeout: float | None = _DEFAULT_FUNCTION_TIMEOUT
    functions: tuple[str, ...] | None = None


def read_host_json(path: Path) -> HostJson:
    """Return the settings of a host.json file; raises StartRefused."""
    if not path.is_file():
        raise StartRefused(f"{path} is missing")
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise StartRefused(f"host.json is not JSON: {error}") from None
    return host_json_from(document)


def host_json_from(document: Any) -> HostJson:
    """Return the settings of a parsed host.json; raises StartRefused."""
    top = _Section("", document)
    top.refuse_unknown(_TOP_LEVEL)
    if top.members.get("version") != "2.0":
        raise StartRefused('host.json: version must be "2.0"')
    for name in sorted(_NOT_EMULATED & top.members.keys()):
        raise StartRefused(f"host.json: {name} is not emulated")
    bundle = top.section("extensionBundle")
    bundle.refuse_unknown({"id", "version"})
    if bundle.members.get("id", _BUNDLE) != _BUNDLE:
        raise StartRefused(f"host.json: extensionBundle.id must be {_BUNDLE}")
    extensions = top.section("extensions")
    extensions.refuse_unknown({"http", "queues"})
    return HostJson(
        http=_http_options(extensions.section("http")),
        queues=_queue_options(extensions.section("queues")),
        function_timeout=_function_timeout(top),
        functions=top.names("functions"),
    )


class _Section:
    """An object inside host.json that knows its own path."""

    def __init__(self, path: str, members: Any) -> None:
        if not isinstance(members, dict):
            raise StartRefused(f"host.json: {path or 'the document'} must be an object")
        self.path = path
        self.members: dict[str, Any] = members

    def name(self, member: str) -> str:
        return f"{self.path}.{member}" if self.path else member

    def refuse_unknown(self, known: set[str]) -> None:
        for member in self.members:
            if member not in known:
                raise StartRefused(f"host.json: {self.name(member)} is unknown")

    def section(self, member: str) -> "_Section":
        return _Section(self.name(member), self.members.get(member, {}))

    def whole(self, member: str, default: int, least: int, most: int | None = None) -> int:
        value = self.members.get(member, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least or (most and value > most):
            bounds = f"from {least} to {most}" if most else f"of at least {least}"
            raise StartRefused(f"host.json: {self.name(member)} must be a whole number {bounds}")
        return value

    def seconds(self, member: str, default: float, least: float = 0.0) -> float:
        if member not in self.members:
            return default
        value = self.members[member]
        seconds = timespan_seconds(value) if isinstance(value, str) else None
        if seconds is None or seconds < least:
            raise StartRefused(
                f'host.json: {self.name(member)} must be a time such as "00:00:02", at least {least:g} s'
            )
        return seconds

    def names(self, member: str) -> tuple[str, ...] | None:
        value = self.members.get(member)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise StartRefused(f"host.json: {self.name(member)} must be a list of names")
        return tuple(value)


def _function_timeout(top: _Section) -> float | None:
    if top.members.get("functionTimeout") == "-1":
        return None
    return top.seconds("functionTimeout", _DEFAULT_FUNCTION_TIMEOUT, least=1)


def _http_options(section: _Section) -> HttpOptions:
    known = {
        "routePrefix",
        "maxOutstandingRequests",
        "maxConcurrentRequests",
        "dynamicThrottlesEnabled",
        "hsts",
        "customHeaders",
    }
    section.refuse_unknown(known)
    if section.members.get("dynamicThrottlesEnabled"):
        raise StartRefused("host.json: extensions.http.dynamicThrottlesEnabled is not emulated")
    prefix = section.members.get("routePrefix", "api")
    headers = section.section("customHeaders").members
    if not isinstance(prefix, str):
        raise StartRefused("host.json: extensions.http.routePrefix must be text")
    if not all(isinstance(value, str) for value in headers.values()):
        raise StartRefused("host.json: extensions.http.customHeaders must hold text values")
    return HttpOptions(
        route_prefix=prefix.strip("/"),
        max_outstanding_requests=section.whole("maxOutstandingRequests", -1, least=-1),
        max_concurrent_requests=section.whole("maxConcurrentRequests", -1, least=-1),
        custom_headers=headers,
    )


def _queue_options(section: _Section) -> QueueOptions:
    known = {
        "batchSize",
        "newBatchThreshold",
        "maxDequeueCount",
        "visibilityTimeout",
        "maxPollingInterval",
        "messageEncoding",
    }
    section.refuse_unknown(known)
    encoding = section.members.get("messageEncoding", "base64")
    if encoding not in ("base64", "none"):
        raise StartRefused("host.json: extensions.queues.messageEncoding must be base64 or none")
    batch_size = section.whole("batchSize", 16, least=1, most=32)
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=section.whole("newBatchThreshold", batch_size // 2 * (os.cpu_count() or 1), least=0),
        max_dequeue_count=section.whole("maxDequeueCount", 5, least=1),
        visibility_timeout=section.seconds("visibilityTimeout", 0.0),
        max_polling_interval=section.seconds("maxPollingInterval", 2.0, least=0.1),
        message_encoding=encoding,
    )
