"""`python -m tools.demo`: start everything, push the month, show the table; exit code 0 when the money is right."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.demo.report import report_on, table
from tools.demo.systems import App, ConnectWise, Dataverse

DATA = Path(".local/demo")
LONGEST_SECONDS = 300.0
# The emulators answer at once, so a demo that was interrupted need not hold its lines for ten minutes.
SETTINGS = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "6000",
    "PSASYNC_CONNECTWISE_CONNECT_TIMEOUT_SECONDS": "2",
    "PSASYNC_CONNECTWISE_READ_TIMEOUT_SECONDS": "10",
    "PSASYNC_POST_COMMIT_SECONDS": "15",
    "PSASYNC_LEASE_SECONDS": "45",
}
BAR_WIDTH = 40


@contextmanager
def running_stack(data: Path) -> Iterator[dict[str, Any]]:
    """Run Azurite, the emulators and a functions host; yield their addresses; end them."""
    command = [sys.executable, "-m", "emulators", "up", "--seed", "contoso", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **SETTINGS}) as stack:
        try:
            line = stack.stdout.readline() if stack.stdout is not None else ""
            if not line:
                raise SystemExit("The emulators did not start; their own words are above.")
            yield json.loads(line)
        finally:
            stack.terminate()


def push_and_wait(app: App, invoice_ids: list[str]) -> str:
    """Push the invoices and show progress until nothing is open."""
    job_id = app.push_invoices(invoice_ids)
    deadline = time.monotonic() + LONGEST_SECONDS
    shown = None
    while True:
        job = app.job(job_id)
        progress = job["counts"]["done"], job["counts"]["total"]
        if progress != shown:
            show_progress(*progress)
            shown = progress
        if job["state"] not in {"queued", "running"}:
            print(f"\nThe job {job_id} has ended: {job['state'].replace('_', ' ')}.")
            return job_id
        if time.monotonic() > deadline:
            raise SystemExit(f"\nThe job {job_id} is still {job['state']} after {LONGEST_SECONDS:g} seconds.")
        time.sleep(0.3)


def show_progress(done: int, total: int) -> None:
    """Draw a bar over itself on a terminal, a line each elsewhere."""
    filled = BAR_WIDTH * done // max(total, 1)
    bar = "#" * filled + "." * (BAR_WIDTH - filled)
    end = "\r" if sys.stdout.isatty() else "\n"
    print(f"  [{bar}] {done} of {total} lines", end=end, flush=True)


def main() -> int:
    """Run the demo; return the exit code."""
    DATA.mkdir(parents=True, exist_ok=True)
    print("Starting Azurite, Dataverse, ConnectWise, Entra and a functions host ...", flush=True)
    started = time.monotonic()
    with running_stack(DATA) as stack:
        print(f"Ready after {time.monotonic() - started:.1f} s. Pushing every invoice of the month ...", flush=True)
        dataverse = Dataverse(stack)
        invoices = dataverse.invoices()
        lines = dataverse.lines(invoices)
        app = App(stack)
        pushed = time.monotonic()
        job_id = push_and_wait(app, sorted(invoices))
        took = time.monotonic() - pushed
        reports = report_on(invoices, lines, app.items(job_id), ConnectWise(stack).billed_by_line())
    print(table(reports))
    wrong = [report for report in reports if not report.is_right]
    print(f"\n{len(lines)} lines on {len(invoices)} invoices in {took:.1f} s; kept in {DATA}, `make clean` forgets it.")
    if wrong:
        print(f"{len(wrong)} invoices are not right; they are marked in the table.")
        return 1
    print("Every pushed line is in ConnectWise once and to the cent; what differs was skipped for the reason shown.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
