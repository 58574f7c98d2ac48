"""App of the conformance test: each trigger type, each kind of answer and output."""

from typing import Any, List  # noqa: UP035  # both spellings are legal annotations

import azure.functions as func
from azure.functions.queue import QueueMessage

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def answer_of(kind: str) -> Any:
    cookies = func.HttpResponse("cookies")
    cookies.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    cookies.headers.add("Set-Cookie", "b=2")
    return {
        "none": None,
        "dict": {"a": 1},
        "list": [1],
        "bytes": b"bytes",
        "int": 5,
        "text": "plain text",
        "json text": '{"a": 1}',
        "response": func.HttpResponse("made", status_code=201, headers={"X-Own": "yes"}),
        "empty": func.HttpResponse(status_code=204),
        "json response": func.HttpResponse('{"a": 1}', mimetype="application/json"),
        "binary": func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream"),
        "cookies": cookies,
    }[kind]


@app.route(route="sync/{kind}")
def sync_answer(req: func.HttpRequest):
    return answer_of(req.route_params["kind"])


@app.route(route="async/{kind}")
async def async_answer(req: func.HttpRequest):
    return answer_of(req.route_params["kind"])


@app.route(route="seen")
def seen(req: func.HttpRequest) -> func.HttpResponse:
    facts = [
        req.method,
        req.url,
        sorted(req.headers.items()),
        sorted(req.params.items()),
        sorted(req.route_params.items()),
        req.get_body(),
    ]
    return func.HttpResponse(repr(facts))


@app.route(route="raises")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise KeyError("a bug")


@app.route(route="context")
def with_context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(f"{context.function_name} {context.invocation_id is not None}")


@app.route(route="parameter", binding_arg_name="answer")
def answer_parameter(req: func.HttpRequest, answer: func.Out[func.HttpResponse]) -> None:
    answer.set(func.HttpResponse("through a parameter"))


@app.queue_trigger("msg", "work", "AzureWebJobsStorage")
@app.queue_output("facts", "facts", "AzureWebJobsStorage")
def queue_message(msg: func.QueueMessage, facts: func.Out[str]) -> None:
    facts.set(repr([msg.get_body(), msg.id, msg.dequeue_count, msg.pop_receipt, str(msg.insertion_time)]))


@app.queue_trigger("msg", "text", "AzureWebJobsStorage")
@app.queue_output("facts", "facts", "AzureWebJobsStorage")
async def queue_text(msg: str, facts: func.Out[str]) -> None:
    facts.set(f"{type(msg).__name__} {msg}")


@app.queue_trigger("msg", "raises", "AzureWebJobsStorage")
def queue_raises(msg: func.QueueMessage) -> None:
    raise ValueError("a bug")


@app.queue_trigger("msg", "returns", "AzureWebJobsStorage")
def queue_returns(msg: func.QueueMessage):
    return "a value without a $return binding"


@app.queue_trigger("kind", "outputs", "AzureWebJobsStorage")
@app.queue_output("text", "out", "AzureWebJobsStorage")
@app.queue_output("raw", "out", "AzureWebJobsStorage")
@app.queue_output("several", "out", "AzureWebJobsStorage")
@app.queue_output("loose", "out", "AzureWebJobsStorage")
def outputs(
    kind: str,
    text: func.Out[str],
    raw: func.Out[bytes],
    several: func.Out[List[str]],  # noqa: UP006  # both spellings are legal
    loose,
) -> None:
    setters: dict[str, Any] = {
        "nothing": lambda: None,
        "text": lambda: text.set("plain"),
        "text dict": lambda: text.set({"a": 1}),
        "text list": lambda: text.set(["a"]),
        "text int": lambda: text.set(5),
        "text object": lambda: text.set(object()),
        "bytes": lambda: raw.set(b"\x00\xff"),
        "several": lambda: several.set(["one", "two"]),
        "several ints": lambda: several.set([1, 2]),
        "loose text": lambda: loose.set("loose"),
        "loose dict": lambda: loose.set({"a": 1, "b": 2}),
        "loose message": lambda: loose.set(QueueMessage(id="1", body=b"body")),
        "loose int": lambda: loose.set(5),
    }
    setters[kind]()


@app.timer_trigger("timer", "0 0 3 * * *")
@app.queue_output("facts", "facts", "AzureWebJobsStorage")
def timer(timer: func.TimerRequest, facts: func.Out[str]) -> None:
    facts.set(repr([timer.past_due, timer.schedule_status, timer.schedule]))
