"""Runs an app under the small host: `under_small_host.py index|invoke APP`; prints JSON like its twin."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from azure.functions.meta import Datum

from emulators.functions_host.invocation import Invoker
from emulators.functions_host.loading import LoadedFunction, load_functions
from emulators.functions_host.output_queues import OutputQueues
from emulators.functions_host.settings import Settings
from tests.emulator.functions_host.conformance.cases import METADATA, cases, plain, trigger_datum


class RecordingOutputs:
    """Keeps what would be sent to queues."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    async def send(self, _function: LoadedFunction, outputs: Mapping[str, Datum | None]) -> None:
        self.sent = {name: plain(datum) for name, datum in outputs.items()}


async def invoked(functions: dict[str, LoadedFunction]) -> list[dict[str, Any]]:
    """Run every case and return the results in order."""
    metadata = {name: Datum(value, kind) for name, (kind, value) in METADATA.items()}
    results = []
    for name, kind, _, value in cases():
        outputs = RecordingOutputs()
        invoker = Invoker(cast("OutputQueues", outputs), threads=None, timeout=None)
        used = metadata if kind == "queue" else {}
        outcome = await invoker.invoke(functions[name], trigger_datum(kind, value, Datum), used)
        invoker.close()
        error = repr(outcome.error) if outcome.error else None
        results.append({"ok": error is None, "returned": plain(outcome.returned), "sent": outputs.sent, "error": error})
    return results


def main() -> None:
    command, app = sys.argv[1:]
    functions = {function.name: function for function in load_functions(Path(app), Settings(os.environ))}
    if command == "index":
        document: Any = {name: function.bindings for name, function in functions.items()}
    else:
        document = asyncio.run(invoked(functions))
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
