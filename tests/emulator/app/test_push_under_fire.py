"""2,000 lines while hosts are killed, messages come twice and one request in four goes wrong: one addition a line.

Every fault of the two emulators comes with a probability of 5 %: 503, 429 with Retry-After, the connection dropped
before the commit, after it, and a commit seconds after the client gave up. Every queue message is delivered twice to
two hosts, and hosts are killed (SIGKILL) at random moments. Kills are as many as a message survives: the queue gives
one up at its sixth delivery.
"""

import random
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests

from emulators.seeds import bulk
from emulators.stack.stack import Stack
from tests.emulator.app.doubling_proxy import stack_delivering_twice
from tests.emulator.app.outsider import Outsider, billed, until

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(900)]

LINES, AGREEMENTS = 2000, 40
KILLS = 4
LATE_MILLISECONDS = 3000
WORK_QUEUE = "psasync-work"
TIMES = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_CONNECTWISE_CONNECT_TIMEOUT_SECONDS": "1",
    "PSASYNC_CONNECTWISE_READ_TIMEOUT_SECONDS": "4",
    "PSASYNC_POST_COMMIT_SECONDS": "8",
    "PSASYNC_LEASE_SECONDS": "25",
    "PSASYNC_DATAVERSE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_DATAVERSE_READ_TIMEOUT_SECONDS": "10",
    "PSASYNC_CHUNK_LINES": "100",
}
FAULTS = [
    {"kind": "status", "status": 503},
    {"kind": "rate_limit", "retry_after": 1},
    {"kind": "drop_before"},
    {"kind": "drop_after_commit"},
    {"kind": "commit_late", "delay_ms": LATE_MILLISECONDS},
]
FIVE_IN_A_HUNDRED = Decimal("0.05")


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    """Return an outside program on a stack of its own whose hosts get every message twice."""
    options = ["--no-schedules", "--invisibility", "5"]
    with stack_delivering_twice(WORK_QUEUE, hosts=2, host_variables=TIMES, host_options=options) as stack:
        yield Outsider(stack)


def set_faults(outsider: Outsider, seed: int) -> None:
    for part, writes in (("connectwise", "/apis/3.0/"), ("dataverse", "/api/data/")):
        for number, fault in enumerate(FAULTS):
            outsider.control(
                part,
                "POST",
                "faults",
                {"match": {"path": writes}, "probability": FIVE_IN_A_HUNDRED, "seed": seed + number, **fault},
            )


def save(outsider: Outsider, invoice_ids: list[str]) -> str:
    """Press Save until the app takes it; the key makes the repeats harmless."""

    def accepted() -> str | None:
        try:
            answer = outsider.push(invoice_ids, kind="invoice", key="month")
        except requests.ConnectionError:
            return None
        return str(answer.json()["job_id"]) if answer.status_code in {200, 202} else None

    return str(until(accepted, seconds=120, pause=0.5))


def kill_at_random(stack: Stack, chance: random.Random, done: threading.Event) -> None:
    """Kill one host after the other, each at a random moment, and start it again."""
    for _ in range(KILLS):
        if done.wait(chance.uniform(0.5, 4.0)):
            return
        index = chance.randrange(2)
        stack.kill_host(index)
        stack.start_host(index)


def test_in_the_end_there_is_one_addition_a_line_to_the_cent(outsider: Outsider) -> None:
    seed = bulk.build(lines=LINES, agreements=AGREEMENTS)
    outsider.replace_rows(seed)
    invoice_ids = [bulk.invoice_id(number) for number in range(AGREEMENTS)]
    set_faults(outsider, seed=11)
    done = threading.Event()
    job_id = save(outsider, invoice_ids)
    chance = random.Random(5)  # noqa: S311  moments of kills, not secrets
    killer = threading.Thread(target=kill_at_random, args=(outsider.stack, chance, done))
    killer.start()
    try:
        until(lambda: settled(outsider, job_id), seconds=420, pause=2.0)
    finally:
        done.set()
        killer.join()
    assert_every_kind_of_fault_was_met(outsider)
    assert_once_to_the_cent(outsider, seed)
    assert_nothing_is_left(outsider, job_id)


def settled(outsider: Outsider, job_id: str) -> bool:
    """Fire the timer as a schedule would, and look at the stored items."""
    for host in range(2):
        try:
            outsider.fire_timer("reopen_unsettled", host=host)
        except requests.RequestException:
            time.sleep(0.2)  # the host is just being started again, or a fault made the timer fail
    items = [row for row in outsider.rows("psasync_jobitems") if row["_psasync_jobid_value"] == job_id]
    return len(items) == LINES and all(row["psasync_outcome"] == 451000001 for row in items)


def assert_every_kind_of_fault_was_met(outsider: Outsider) -> None:
    faults = outsider.control("connectwise", "GET", "faults")
    fired = {fault["kind"]: fault["fired"] for fault in faults["faults"]}
    assert all(fired[str(fault["kind"])] > 10 for fault in FAULTS), fired


def assert_once_to_the_cent(outsider: Outsider, seed: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    amounts: dict[str, list[Decimal]] = {}
    for addition in outsider.additions([bulk.agreement_id(number) for number in range(AGREEMENTS)]):
        amounts.setdefault(addition["serialNumber"], []).append(round(billed(addition), 2))
    expected = {
        str(row["invoicedetailid"]): [round(Decimal(str(row["baseamount"])), 2)]
        for row in seed["dataverse"]["invoicedetails"]
    }
    assert amounts == expected


def assert_nothing_is_left(outsider: Outsider, job_id: str) -> None:
    mappings = [row for row in outsider.rows("psasync_mappings") if row["psasync_kind"] == 451000003]
    assert len(mappings) == LINES
    assert {row["psasync_status"] for row in mappings} == {451000003}
    synced = {row["work365_invoiceproduct_psasystem_syncstatus"] for row in outsider.rows("invoicedetails")}
    assert synced == {"Synced"}
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "faults")
    assert outsider.job(job_id)["counts"]["created"] == LINES
    assert outsider.job(job_id)["state"] == "succeeded"
    assert outsider.messages_in(f"{WORK_QUEUE}-poison") == 0
    assert outsider.messages_in(f"{WORK_QUEUE}-parked") == 0
