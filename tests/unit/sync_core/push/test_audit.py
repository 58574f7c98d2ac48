"""Every write to either system has an entry in the log: who, what, before, after, ids; at no extra request."""

import json
from dataclasses import replace

import pytest

from dataverse.psasync.records import LogEntry
from tests import builders
from tests.fakes import Posting, World, line_id_number, world_of
from tests.unit.sync_core.push.driving import deliver, save

LINE = line_id_number(0)
pytestmark = pytest.mark.unit


def entries(world: World, start: str) -> list[LogEntry]:
    return [entry for entry in world.log if entry.what.startswith(start)]


def after(entry: LogEntry) -> dict[str, object]:
    found: dict[str, object] = json.loads(entry.after or "{}")
    return found


def test_each_write_to_work365_is_logged_with_what_the_columns_say_now() -> None:
    world = world_of(lines=2)
    job_id = save(world)
    addition, mirrored = entries(world, "posted")[0], entries(world, "wrote columns")[0]
    assert len(world.log) == 2 * 2
    assert (mirrored.who, mirrored.source_id, mirrored.job_id) == (builders.USER_ID, LINE, job_id)
    assert mirrored.correlation_id == addition.correlation_id == world.jobs[job_id].correlation_id
    assert mirrored.psa_id == addition.psa_id
    assert mirrored.before is None
    assert after(mirrored) == {
        "status": "Synced",
        "psa_id": mirrored.psa_id,
        "psa_name": world.mirrors[LINE].psa_name,
        "message": world.mirrors[LINE].message,
    }


def test_the_entry_of_a_later_write_holds_what_was_there_before() -> None:
    world = world_of(lines=1)
    save(world)
    world.lines[LINE] = replace(world.lines[LINE], base_amount=world.lines[LINE].base_amount + 1)
    save(world, key="key-2")
    mirrored = entries(world, "wrote columns")[-1]
    assert json.loads(mirrored.before or "{}") == {"status": "Synced", "psa_id": mirrored.psa_id}
    assert after(mirrored)["status"] == "Changed After Sync"


def test_a_write_that_work365_refused_is_logged_with_the_reason() -> None:
    world = world_of(lines=1)
    world.read_only_lines.add(LINE)
    save(world)
    [refused] = entries(world, "refused columns")
    assert after(refused)["error"] == "The invoice is read-only."


def test_a_lost_answer_and_what_was_found_later_are_both_logged() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("lost")
    save(world)
    world.advance(world.timing.post_commit + 10)
    deliver(world)
    assert [entry.what.partition(" ")[0] for entry in world.log if "addition" in entry.what] == ["unknown", "adopted"]


def test_the_log_costs_no_request_of_its_own() -> None:
    world = world_of(lines=25)
    save(world)
    assert world.faults.calls.count("jobs.settle_items") == 1
    assert "ledger.append_log" not in world.faults.calls
    assert len(world.log) == 50
