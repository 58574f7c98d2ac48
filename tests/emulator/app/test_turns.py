"""Large jobs take turns: one worker that takes one message at a time meets the jobs of two people in the queue."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.seeds import bulk
from emulators.stack.part import ROOT
from emulators.stack.stack import Stack
from tests.emulator.app.conftest import TIMES
from tests.emulator.app.outsider import Outsider, until

pytestmark = pytest.mark.emulator

WIDTH = 2
LARGE, SMALL = 24, 3
VARIABLES = TIMES | {
    "PSASYNC_CHUNK_LINES": "2",
    "PSASYNC_INLINE_LIMIT": "0",
    "PSASYNC_CHUNKS_QUEUED": str(WIDTH),
    "AzureWebJobs.work_chunk.Disabled": "true",
}
WORK_QUEUE = "psasync-work"


@pytest.fixture
def outsider(tmp_path: Path) -> Iterator[Outsider]:
    """Return an outside program on a stack whose only host takes requests, and whose next one works in order."""
    app = tmp_path / "app"
    app.mkdir()
    shutil.copy(ROOT / "function_app.py", app)
    options = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    options["extensions"]["queues"] |= {"batchSize": 1, "newBatchThreshold": 0}
    (app / "host.json").write_text(json.dumps(options), encoding="utf-8")
    with Stack(app=app, hosts=1, host_variables=VARIABLES, host_options=["--no-schedules"]) as stack:
        program = Outsider(stack)
        program.replace_rows(bulk.build(lines=2 * (LARGE + SMALL), agreements=LARGE + SMALL))
        yield program


def posted_agreements(outsider: Outsider) -> list[int]:
    """Return the agreements in the order in which the first addition was posted to each."""
    requests = outsider.control("connectwise", "GET", "requests?limit=10000")["requests"]
    posts = [entry["path"].split("/agreements/")[1] for entry in requests if entry["method"] == "POST"]
    return list(dict.fromkeys(int(path.split("/")[0]) for path in posts))


def test_a_small_job_goes_in_between_the_chunks_of_a_large_one(outsider: Outsider) -> None:
    invoices = [bulk.invoice_id(number) for number in range(LARGE + SMALL)]
    large = outsider.push(invoices[:LARGE], kind="invoice").json()["job_id"]
    assert outsider.messages_in(WORK_QUEUE) == WIDTH
    body = outsider.push_body(invoices[LARGE:], kind="invoice")
    answer = outsider.call("POST", "push", body, user="admin")
    assert answer.status_code == 202
    assert outsider.messages_in(WORK_QUEUE) == 2 * WIDTH
    outsider.stack.host_variables["AzureWebJobs.work_chunk.Disabled"] = "false"
    outsider.stack.start_host()
    jobs = {large, answer.json()["job_id"]}

    def ended() -> bool:
        rows = [row for row in outsider.rows("psasync_jobs") if row["psasync_jobid"] in jobs]
        return all(row.get("psasync_endedon") for row in rows)

    until(ended, seconds=120, pause=0.2)
    order = posted_agreements(outsider)
    of_the_small_job = [bulk.agreement_id(number) for number in range(LARGE, LARGE + SMALL)]
    last = max(order.index(agreement) for agreement in of_the_small_job)
    assert last + 1 - SMALL <= WIDTH * -(-SMALL // WIDTH)
    additions = outsider.additions([bulk.agreement_id(number) for number in range(LARGE + SMALL)])
    assert len({addition["serialNumber"] for addition in additions}) == len(additions) == 2 * (LARGE + SMALL)
    assert {outsider.call("GET", f"jobs/{job}", user="admin").json()["state"] for job in jobs} == {"succeeded"}
    assert outsider.messages_in(WORK_QUEUE) == 0
