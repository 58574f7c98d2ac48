"""Runs an app under Microsoft's worker library: `under_worker.py index|invoke APP`; prints JSON (functions.md 6)."""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import functions_metadata_request, worker_init_request
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native
from azure_functions_runtime.utils.threadpool import start_threadpool_executor, stop_threadpool_executor

from tests.emulator.functions_host.conformance.cases import METADATA, cases, plain, trigger_datum


class Bag(SimpleNamespace):
    """Stands for any message class of the worker protocol."""


class BindingInfo(Bag):
    inout, out, undefined = 2, 1, None


class StatusResult(Bag):
    Success, Failure = 1, 0


_MESSAGES = (
    "WorkerInitResponse",
    "WorkerMetadata",
    "RpcException",
    "RpcFunctionMetadata",
    "RpcRetryOptions",
    "FunctionMetadataResponse",
    "FunctionLoadResponse",
)
PROTOS = SimpleNamespace(BindingInfo=BindingInfo, StatusResult=StatusResult, **dict.fromkeys(_MESSAGES, Bag))


async def indexed(app: str) -> dict[str, Any]:
    """Let the worker index the app and return its functions by name."""
    init = SimpleNamespace(capabilities={}, function_app_directory=app)
    request = SimpleNamespace(
        properties={"host": "127.0.0.1", "protos": PROTOS}, request=SimpleNamespace(worker_init_request=init)
    )
    answer = await worker_init_request(request)
    if answer.result.status != StatusResult.Success:
        raise SystemExit(f"the worker refuses the app: {answer.result.exception}")
    functions = (await functions_metadata_request(None)).function_metadata_results
    return {function.name: function for function in functions}


async def invoked(app: str) -> list[dict[str, Any]]:
    """Run every case and return the results in order."""
    functions = await indexed(app)
    metadata = {name: Datum(value, kind) for name, (kind, value) in METADATA.items()}
    results = []
    for function, kind, parameter, value in cases():
        inputs = [(parameter, trigger_datum(kind, value, Datum))]
        used = metadata if kind == "queue" else {}
        ok, returned, outputs, error, _ = await invocation_request_native(
            "invocation", functions[function].function_id, inputs, used
        )
        # the worker hands an answer in a parameter over beside the queue outputs
        sent = {name: plain(datum) for name, datum in outputs}
        results.append({"ok": ok, "returned": plain(returned), "sent": sent, "error": error})
    return results


async def main() -> None:
    start_threadpool_executor()
    command, app = sys.argv[1:]
    sys.path.insert(0, app)
    if command == "index":
        found = await indexed(app)
        document: Any = {
            name: [json.loads(binding) for binding in function.raw_bindings] for name, function in found.items()
        }
    else:
        document = await invoked(app)
    stop_threadpool_executor()
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
