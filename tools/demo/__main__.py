"""`python -m tools.demo`: join both systems and push the month; exit code 0 when all is mapped and the money right."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.demo.app import ADMIN, CLERK, App
from tools.demo.completing import Clerk
from tools.demo.connector import set_up_connector
from tools.demo.month import push_month
from tools.demo.spending import spending_table
from tools.demo.systems import ConnectWise, Dataverse
from tools.demo.tabs import TABS, join_tab
from tools.demo.upstream import Upstream

SEED = "contoso-first-day"
DATA = Path(".local/demo") / SEED
# The emulators answer at once, so a demo that was interrupted need not hold its lines for ten minutes.
SETTINGS = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "30000",
    "PSASYNC_CONNECTWISE_CONNECT_TIMEOUT_SECONDS": "2",
    "PSASYNC_CONNECTWISE_READ_TIMEOUT_SECONDS": "10",
    "PSASYNC_POST_COMMIT_SECONDS": "15",
    "PSASYNC_LEASE_SECONDS": "45",
}


@contextmanager
def running_stack(data: Path) -> Iterator[dict[str, Any]]:
    """Run Azurite, the emulators and a functions host; yield their addresses; end them."""
    command = [sys.executable, "-m", "emulators", "up", "--seed", SEED, "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **SETTINGS}) as stack:
        try:
            line = stack.stdout.readline() if stack.stdout is not None else ""
            if not line:
                raise SystemExit("The emulators did not start; their own words are above.")
            yield json.loads(line)
        finally:
            stack.terminate()


def show_all(stack: dict[str, Any]) -> bool:
    """Run all acts on a running stack; tell whether everything is mapped and the money is right."""
    upstream, dataverse, connectwise = Upstream(stack), Dataverse(stack), ConnectWise(stack)
    print("\n1. Connector")
    set_up_connector(App(stack, ADMIN))
    app, clerk = App(stack, CLERK), Clerk(dataverse, connectwise)
    reports = []
    for number, tab in enumerate(TABS, start=2):
        print(f"\n{number}. {tab.title}")
        reports.append(join_tab(app, upstream, tab, clerk))
    outcomes = sum((report.outcomes for report in reports), Counter())
    if outcomes:
        print(f"\nJoined: {outcomes['updated']} by suggestion, {outcomes['created']} by Add New.")
    print(f"\n{len(TABS) + 2}. Invoices")
    month = push_month(app, upstream, dataverse, connectwise)
    print(f"\n{spending_table(reports, month)}")
    print("Dataverse is asked by the batch: as often for two hundred records as for two.")
    unmapped = sum(report.rows - report.mapped for report in reports)
    if unmapped:
        print(f"\n{unmapped} records are not mapped; what stands against them is said above.")
    return month.is_right and not unmapped


def main() -> int:
    """Run the demo; return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    options.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="where the rows are kept")
    data: Path = options.parse_args().data
    data.mkdir(parents=True, exist_ok=True)
    print("Starting Azurite, Dataverse, ConnectWise, Entra and a functions host ...", flush=True)
    started = time.monotonic()
    with running_stack(data) as stack:
        print(f"Ready after {time.monotonic() - started:.1f} s.", flush=True)
        is_right = show_all(stack)
    forgets = ", `make clean` forgets them" if data == DATA else ""
    print(f"\n{time.monotonic() - started:.0f} s in all; the rows are kept in {data}{forgets}.")
    return 0 if is_right else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; start it again and it goes on from there.")
