"""`python -m emulators up`: starts everything, prints one JSON line, and ends with a signal."""

import argparse
import json
import signal
import sys
from pathlib import Path
from threading import Event

from emulators.stack.part import ROOT, PartFailed
from emulators.stack.seeds import NAMED, SeedUnusable, was_seeded
from emulators.stack.stack import Stack

_WATCH_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--seed", metavar="NAME|FILE.json", help=f"{' or '.join(NAMED)}; default: the emulators' own rows"
    )
    parser.add_argument("--ports", type=int, default=0, metavar="BASE", help="first of 20 ports; 0: any free ones")
    parser.add_argument("--hosts", type=int, default=1, metavar="N", help="number of Functions hosts")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep rows, queues, keys and logs there")
    parser.add_argument("--app", type=Path, default=ROOT, metavar="DIR", help="the app to host; default: this project")
    parser.add_argument("--tls", action="store_true", help="serve Entra over https with a throw-away authority")
    parser.add_argument(
        "--host-option",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="option of the hosts, such as invisibility=2 or no-schedules; may be repeated",
    )


def run(chosen: argparse.Namespace) -> None:
    """Run the stack until SIGINT or SIGTERM; a part that cannot start ends it with a sentence and exit code 1."""
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    if chosen.seed and was_seeded(chosen.data):
        print(f"{chosen.data} holds rows already: --seed {chosen.seed} is not loaded again", file=sys.stderr)
    try:
        stack = Stack(
            app=chosen.app.resolve(),
            seed=chosen.seed,
            ports=chosen.ports,
            hosts=chosen.hosts,
            data=chosen.data,
            tls=chosen.tls,
            host_options=_host_options(chosen.host_option),
            interrupted=stopping.is_set,
        )
        with stack:
            print(json.dumps(stack.document()), flush=True)
            _watch(stack, stopping)
    except (PartFailed, SeedUnusable) as failure:
        if not stopping.is_set():
            sys.exit(f"cannot start: {failure}")


def _host_options(texts: list[str]) -> list[str]:
    options = []
    for text in texts:
        name, equals, value = text.partition("=")
        options += [f"--{name}", value] if equals else [f"--{name}"]
    return options


def _watch(stack: Stack, stopping: Event) -> None:
    """Wait for the signal and tell of every part that dies before."""
    reported: set[int] = set()
    while not stopping.wait(_WATCH_SECONDS):
        for part in stack.dead_parts():
            if part.process.pid not in reported:
                reported.add(part.process.pid)
                print(part.failure(f"died with exit code {part.process.returncode}"), file=sys.stderr, flush=True)
