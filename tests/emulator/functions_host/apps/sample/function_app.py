"""Sample app for the tests of the host: every kind of trigger, output and answer."""

import asyncio
import json
import threading
import time
from typing import Any, List  # noqa: UP035  # both spellings are legal annotations

import azure.functions as func
from blueprint import bp

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)

EVENTS: list[dict[str, Any]] = []
GATE = threading.Event()


def seen(function: str, **facts: Any) -> None:
    EVENTS.append({"function": function, **facts})


@app.route(route="echo/{name?}")
def echo(req: func.HttpRequest) -> func.HttpResponse:
    document = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route_params": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
    }
    return func.HttpResponse(json.dumps(document), mimetype="application/json")


@app.route(route="answers/{kind}")
def answers(req: func.HttpRequest):
    response = func.HttpResponse("cookies")
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2")
    kinds: dict[str, Any] = {
        "none": None,
        "dict": {"a": 1},
        "bytes": b"bytes",
        "int": 5,
        "text": "plain text",
        "json": '{"a":   [1, 2.50]}',
        "described": '{"body": {"b": 1}, "statusCode": 202, "headers": {"X-Own": "yes"}}',
        "described-text": '{"body": "just text"}',
        "response": func.HttpResponse("made", status_code=201, headers={"X-Own": "yes"}),
        "empty": func.HttpResponse(status_code=204),
        "binary": func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream"),
        "cookies": response,
    }
    return kinds[req.route_params["kind"]]


@app.route(route="raises")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a bug in the app")


@app.route(route="async")
async def asynchronous(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0)
    return func.HttpResponse("async")


@app.route(route="context")
def with_context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    facts = {"name": context.function_name, "id": context.invocation_id, "directory": context.function_directory}
    return func.HttpResponse(json.dumps(facts))


@app.route(route="slow/{seconds}")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(float(req.route_params["seconds"]))
    return func.HttpResponse("slow")


@app.function_name("a_item")
@app.route(route="items/{id}")
def item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"item {req.route_params['id']}")


@app.function_name("b_stats")
@app.route(route="items/stats")
def stats(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("stats")


@app.route(route="Numbers/{n:int}/next", methods=["get"])
def number(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"number {req.route_params['n']}")


@app.route(route="files/{*path}")
def files(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"file {req.route_params.get('path', '-')}")


@app.route(route="guarded", auth_level=func.AuthLevel.FUNCTION)
def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("guarded")


@app.route(route="master", auth_level=func.AuthLevel.ADMIN)
def master(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("master")


@app.route(route="switched-off")
def switched_off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("on")


@app.route(route="events", methods=["GET", "DELETE"])
def events(req: func.HttpRequest) -> func.HttpResponse:
    if req.method == "DELETE":
        EVENTS.clear()
    return func.HttpResponse(json.dumps(EVENTS), mimetype="application/json")


@app.route(route="gate", methods=["POST"])
def gate(req: func.HttpRequest) -> func.HttpResponse:
    GATE.set()
    return func.HttpResponse("open")


@app.route(route="outputs/{kind}", methods=["POST"])
@app.queue_output("text", "%PREFIX%-out", "AzureWebJobsStorage")
@app.queue_output("raw", "%PREFIX%-out", "AzureWebJobsStorage")
@app.queue_output("several", "%PREFIX%-out", "AzureWebJobsStorage")
@app.queue_output("loose", "%PREFIX%-out", "AzureWebJobsStorage")
def outputs(
    req: func.HttpRequest,
    text: func.Out[str],
    raw: func.Out[bytes],
    several: func.Out[List[str]],  # noqa: UP006  # both spellings are legal
    loose,
) -> func.HttpResponse:
    body = req.get_body()
    match req.route_params["kind"]:
        case "text":
            text.set(body.decode())
        case "bytes":
            raw.set(body)
        case "several":
            several.set(["one", "two"])
        case "loose-dict":
            loose.set({"a": 1, "b": 2})
        case "text-dict":
            text.set({"a": 1})
        case "then-raise":
            text.set("never")
            raise RuntimeError("after the output was set")
    return func.HttpResponse("sent", status_code=202)


@app.queue_trigger("msg", "%PREFIX%-out", "AzureWebJobsStorage")
def collect(msg: bytes) -> None:
    seen("collect", body=msg if isinstance(msg, str) else msg.decode())


@app.queue_trigger("msg", "%PREFIX%-work", "AzureWebJobsStorage")
def work(msg: func.QueueMessage) -> None:
    body = msg.get_body().decode()
    seen(
        "work",
        body=body,
        id=msg.id,
        dequeue_count=msg.dequeue_count,
        inserted=str(msg.insertion_time),
        expires=str(msg.expiration_time),
        next_visible=str(msg.time_next_visible),
        has_receipt=bool(msg.pop_receipt),
    )
    if body == "fail":
        raise RuntimeError("told to fail")
    if body == "fail twice" and msg.dequeue_count < 3:
        raise RuntimeError("told to fail twice")
    if body == "slow":
        time.sleep(0.3)
        seen("work", body="slow has ended")
    if body == "wait":
        GATE.wait(30)


@app.queue_trigger("msg", "%PREFIX%-work-poison", "AzureWebJobsStorage")
async def work_poison(msg: str) -> None:
    seen("work_poison", body=msg)


@app.queue_trigger("msg", "%PREFIX%-wrong", "AzureWebJobsStorage")
def returns_something(msg: str):
    seen("returns_something", body=msg)
    return "but has no $return"


@app.timer_trigger("timer", "0 0 3 * * *", use_monitor=False)
def nightly(timer: func.TimerRequest) -> None:
    seen("nightly", past_due=timer.past_due, status=timer.schedule_status, schedule=timer.schedule)


@app.timer_trigger("timer", "%SCHEDULE%")
async def broken_nightly(timer: func.TimerRequest) -> None:
    raise ValueError("nothing works at night")
