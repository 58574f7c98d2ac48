"""`python -m emulators host`: serves one app until a signal ends it."""

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

from emulators.control_plane import serve
from emulators.functions_host.application import HostApplication
from emulators.functions_host.host import Host, HostOptions
from emulators.functions_host.keys import Keys
from emulators.functions_host.refusal import StartRefused

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_QUIET = ("azure", "urllib3", "uvicorn", "asyncio", "msal")  # loud at INFO, about themselves only


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--app", type=Path, required=True, metavar="DIR", help="folder of function_app.py and host.json"
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes any free port")
    parser.add_argument("--master-key", help="opens all levels; without any key none is checked")
    parser.add_argument("--host-key", help="opens the level function")
    parser.add_argument("--no-schedules", action="store_true", help="timers run on demand only")
    parser.add_argument(
        "--invisibility",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long a message in work stays hidden; Azure's 600 is fixed, less is for crash tests",
    )
    parser.add_argument(
        "--drain", type=float, default=10.0, metavar="SECONDS", help="how long running work may take at shutdown"
    )


def run(chosen: argparse.Namespace) -> None:
    """Serve the app; one that cannot be hosted ends the program with a sentence on stderr."""
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stderr)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if chosen.invisibility < 1:
        sys.exit("--invisibility must be at least 1 second")
    options = HostOptions(
        app=chosen.app,
        keys=Keys(chosen.master_key, chosen.host_key),
        invisibility=chosen.invisibility,
        schedules=not chosen.no_schedules,
        drain=chosen.drain,
    )
    try:
        host = Host(options)
    except StartRefused as refusal:
        sys.exit(f"cannot host {chosen.app}: {refusal}")
    serve(
        HostApplication(host),
        port=chosen.port,
        ready={"part": "host", "functions": [function.name for function in host.functions]},
        lifespan="on",
        drain_seconds=max(1, round(chosen.drain)),
    )
    _leave_stuck_threads()


def _leave_stuck_threads() -> None:
    """End the process although a function still runs: Python would wait for its thread for ever."""
    stuck = [thread for thread in threading.enumerate() if thread.name.startswith("function")]
    for thread in stuck:
        thread.join(0.2)
    if any(thread.is_alive() for thread in stuck):
        logging.shutdown()
        sys.stderr.flush()
        os._exit(0)
