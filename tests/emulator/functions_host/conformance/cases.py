"""The shared cases, and one form of result for both sides; imports nothing but the standard library."""

import json
from collections.abc import Iterable
from typing import Any

ANSWERS = (
    "none",
    "dict",
    "list",
    "bytes",
    "int",
    "text",
    "json text",
    "response",
    "empty",
    "json response",
    "binary",
    "cookies",
)
OUTPUTS = (
    "nothing",
    "text",
    "text dict",
    "text list",
    "text int",
    "text object",
    "bytes",
    "several",
    "several ints",
    "loose text",
    "loose dict",
    "loose message",
    "loose int",
)
STATUS = {"Last": "2026-01-01T03:00:00+00:00", "Next": "2026-01-02T03:00:00+00:00", "LastUpdated": "x"}
METADATA: dict[str, tuple[str, Any]] = {
    "Id": ("string", "message id"),
    "DequeueCount": ("int", 3),
    "PopReceipt": ("string", "receipt"),
    "InsertionTime": ("string", "2026-01-01T00:00:00+00:00"),
    "ExpirationTime": ("string", "2026-01-08T00:00:00+00:00"),
    "NextVisibleTime": ("string", "2026-01-01T00:10:00+00:00"),
}
Case = tuple[str, str, str, Any]  # function, kind of trigger, name of its parameter, input


def cases() -> Iterable[Case]:
    """Yield every case."""
    for kind in ANSWERS:
        yield "sync_answer", "http", "req", {"params": {"kind": kind}}
        yield "async_answer", "http", "req", {"params": {"kind": kind}}
    whole = {
        "method": "POST",
        "url": "http://host/api/seen?a=1,2",
        "headers": {"x-one": "1", "x-many": "a,b"},
        "query": {"a": "1,2"},
        "body": "grüße",
    }
    yield "seen", "http", "req", whole
    for function in ("raises", "with_context", "answer_parameter"):
        yield function, "http", "req", {}
    for function in ("queue_message", "queue_text", "queue_raises", "queue_returns"):
        yield function, "queue", "msg", "grüße"
    for kind in OUTPUTS:
        yield "outputs", "queue", "kind", kind
    for past_due, status in ((False, None), (True, STATUS)):
        payload = {"IsPastDue": past_due, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
        yield "timer", "timer", "timer", json.dumps(payload)


def trigger_datum(kind: str, value: Any, datum: Any) -> Any:
    """Return the input of a case, made with `datum(value, type)` of either side."""
    if kind == "queue":
        return datum(value, "string")
    if kind == "timer":
        return datum(value, "json")

    def texts(name: str) -> dict[str, Any]:
        return {key: datum(text, "string") for key, text in value.get(name, {}).items()}

    return datum(
        {
            "method": datum(value.get("method", "GET"), "string"),
            "url": datum(value.get("url", "http://host/api"), "string"),
            "headers": texts("headers"),
            "query": texts("query"),
            "params": texts("params"),
            "body": datum(value.get("body", "").encode(), "bytes"),
        },
        "http",
    )


def plain(datum: Any) -> Any:
    """Return a datum of either side as JSON values; texts and bytes stay distinct."""
    if datum is None or datum.value is None:
        return None
    if datum.type == "http":
        value = datum.value
        cookies = [morsel.OutputString() for cookie in value.get("cookies") or [] for morsel in cookie.values()]
        headers = sorted((name, header.value) for name, header in value["headers"].items())
        return {
            "status": value["status_code"].value,
            "headers": headers,
            "cookies": cookies,
            "body": value["body"].value.hex(),
        }
    if datum.type == "bytes":
        return {"bytes": datum.value.hex()}
    if datum.type == "json":  # the SDK writes other white space where orjson is installed
        return {"text": json.dumps(json.loads(datum.value))}
    # the worker turns these into JSON or text only when it leaves the process
    return {"text": json.dumps(datum.value) if datum.type in ("dict", "list") else str(datum.value)}
