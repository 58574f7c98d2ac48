"""`make run`: keeps the local stack up and says where everything is."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

DATA = Path(".local/run")

_HEADER = (
    "The stack is up; Ctrl-C ends it, and what it stored stays in {data} (`make clean` forgets it).\n"
    "Each emulator has its control plane under /_emulator/ (state, requests, faults, latency, clock)."
)
_ADDRESSES = (
    ("page", "Page"),
    ("functions", "Functions host (the app, under /api)"),
    ("dataverse", "Dataverse emulator"),
    ("connectwise", "ConnectWise emulator"),
    ("entra", "Entra emulator"),
    ("queue", "Azurite, queues"),
)
_NAMES = (
    ("tenant_id", "Tenant"),
    ("api_client_id", "App registration"),
    ("api_scope", "Scope"),
    ("connector_id", "Connector"),
)


def described(ready: dict[str, Any]) -> str:
    """Return the launcher's JSON line as text that a person can read and copy from."""
    lines = [_HEADER.format(data=DATA), ""]
    for key, label in (*_ADDRESSES, *_NAMES):
        value = ready.get(key)
        if not value:
            continue
        lines.extend(f"  {label:<38}{address}" for address in ([value] if isinstance(value, str) else value))
    keys = ready.get("connectwise_credentials")
    if keys:
        shown = ", ".join(f"{name} {value}" for name, value in keys.items())
        lines.append(f"  {'ConnectWise keys':<38}{shown}")
    lines.append(f"  {'Users (password emulator)':<38}admin@contoso.example, billing@…, reader@…")
    return "\n".join(lines)


def main() -> int:
    """Start the launcher, describe what it started, and wait until it ends; return its exit code."""
    DATA.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "emulators", "up", "--seed", "contoso", "--data", str(DATA)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as launcher:
        # Ctrl-C reaches this program alone; the launcher then ends its parts in order
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: launcher.terminate())
        line = launcher.stdout.readline() if launcher.stdout else ""
        if line:
            print(described(json.loads(line)), flush=True)
        return launcher.wait()


if __name__ == "__main__":
    sys.exit(main())
