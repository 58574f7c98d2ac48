"""Save, as the page does it: start the job, look at it now and then, count what it asked both systems."""

import time
import uuid
from collections.abc import Callable

from tools.demo.app import App, Row
from tools.demo.upstream import Spent, Upstream

_LONGEST_SECONDS = 300.0
_PAUSE_SECONDS = 0.3

Progress = Callable[[Row], None]


def saved(
    app: App, upstream: Upstream, kind: str, wishes: list[Row], spent: Spent, progress: Progress = lambda _job: None
) -> Row:
    """Press Save and return the job when nothing of it is open; `progress` sees the job now and then.

    `spent` grows by the requests of the job alone: what looking at it costs is measured once and taken off.
    """
    looks = 0

    def look(job_id: str) -> Row:
        nonlocal looks
        looks += 1
        time.sleep(_PAUSE_SECONDS)
        return app.get(f"jobs/{job_id}")

    with upstream.spending(spent):
        job = _ended(_start(app, kind, wishes), look, progress)
    look_costs = Spent()
    with upstream.spending(look_costs):
        app.get(f"jobs/{job['job_id']}")
    spent.take_off(look_costs, times=looks)
    return job


def _start(app: App, kind: str, wishes: list[Row]) -> Row:
    body = {
        "connector_id": app.connector_id,
        "kind": kind,
        "items": wishes,
        "idempotency_key": str(uuid.uuid4()),
    }
    return app.send("POST", "push", body)


def _ended(job: Row, look: Callable[[str], Row], progress: Progress) -> Row:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while True:
        progress(job)
        if job["state"] not in {"queued", "running"}:
            return job
        if time.monotonic() > deadline:
            raise SystemExit(f"\nThe job {job['job_id']} is still {job['state']} after {_LONGEST_SECONDS:g} seconds.")
        job = look(job["job_id"])
