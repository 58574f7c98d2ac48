"""Service protection limits per user (dataverse.md 10)."""

import asyncio

import pytest

from tests.emulator.dataverse.harness import ADMIN, BATCH_HEADERS, BILLING, Organization, batch, part

pytestmark = pytest.mark.emulator


def test_limits_are_on_with_the_documented_numbers(org: Organization) -> None:
    """Section 10."""
    limits = org.get("/_emulator/limits").json
    assert (limits["enabled"], limits["requests"], limits["window_seconds"]) == (True, 6000, 300)
    assert (limits["time_ms"], limits["concurrency"]) == (1200000, 52)


def test_too_many_requests_in_the_window(org: Organization) -> None:
    """Section 10: 0x80072322; Retry-After grows while requests go on; the window slides on the virtual clock."""
    org.control("limits", {"requests": 3})
    assert [org.get("WhoAmI").status for _ in range(3)] == [200] * 3
    replies = [org.get("WhoAmI") for _ in range(3)]
    assert [(r.status, r.code) for r in replies] == [(429, "0x80072322")] * 3
    assert replies[0].message == "Number of requests exceeded the limit of 3 over time window of 300 seconds."
    waits = [int(reply.headers["retry-after"]) for reply in replies]
    assert 298 <= waits[0] <= 300
    assert waits == sorted(set(waits))
    org.control("clock", {"advance_seconds": 301})
    assert org.get("WhoAmI").status == 200


def test_a_batch_counts_once(org: Organization) -> None:
    """Section 10: requests are counted, not their parts."""
    org.control("limits", {"requests": 2})
    body = batch(*[part("GET", "WhoAmI")] * 20)
    assert [org.post("$batch", body, BATCH_HEADERS).status for _ in range(3)] == [200, 200, 429]


def test_limits_are_per_real_user(org: Organization) -> None:
    """Section 10: per user; impersonation counts for who really calls."""
    org.control("limits", {"requests": 2})
    assert org.get("WhoAmI", org.as_user(ADMIN)).status == 200
    assert org.get("WhoAmI", org.as_user(BILLING)).status == 200
    assert org.get("WhoAmI").status == 429


def test_combined_execution_time(org: Organization) -> None:
    """Section 10: 0x80072321."""
    org.control("limits", {"time_ms": 20, "execution_ms": 25})
    assert org.get("WhoAmI").status == 200
    reply = org.get("WhoAmI")
    assert (reply.status, reply.code) == (429, "0x80072321")
    assert reply.message.startswith("Combined execution time of incoming requests exceeded limit of 20 milliseconds")


def test_concurrent_requests(org: Organization) -> None:
    """Section 10: 0x80072326."""
    org.control("limits", {"concurrency": 4, "execution_ms": 30})

    async def burst() -> list[int]:
        replies = await asyncio.gather(*(org.acall("GET", "WhoAmI") for _ in range(6)))
        return sorted(reply.status for reply in replies)

    assert asyncio.run(burst()) == [200] * 4 + [429] * 2
    assert org.get("WhoAmI").status == 200


def test_remaining_calls_are_told_for_debugging(org: Organization) -> None:
    """Section 10."""
    reply = org.get("WhoAmI")
    assert reply.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "5999"
    assert float(reply.headers["x-ms-ratelimit-time-remaining-xrm-requests"]) <= 1200


def test_limits_can_be_turned_off_and_bad_input_is_named(org: Organization) -> None:
    """Control route of this emulator."""
    org.control("limits", {"requests": 1, "enabled": False})
    assert [org.get("WhoAmI").status for _ in range(3)] == [200] * 3
    for body, name in (
        ({"request": 1}, "request"),
        ({"requests": "1"}, "requests"),
        ({"enabled": 1}, "enabled"),
        ({"requests": -1}, "requests"),
    ):
        reply = org.control("limits", body)
        assert reply.status == 400
        assert reply.json["error"].startswith(f"{name}:")


def test_fault_answers_speak_dataverse(org: Organization) -> None:
    """Section 3 and 10: the bodies of injected faults."""
    org.control("faults", {"match": {"path": "WhoAmI"}, "kind": "rate_limit", "retry_after": 7, "times": 1})
    limited = org.get("WhoAmI")
    assert (limited.status, limited.code, limited.headers["retry-after"]) == (429, "0x80072322", "7")
    org.control("faults", {"match": {"path": "WhoAmI"}, "kind": "status", "status": 503, "retry_after": 2, "times": 1})
    busy = org.get("WhoAmI")
    assert (busy.status, busy.headers["retry-after"]) == (503, "2")
    assert busy.code == "0x80072540"
    org.control("faults", {"match": {"path": "WhoAmI"}, "kind": "html", "status": 502, "times": 1})
    assert org.get("WhoAmI").body.startswith(b"<!DOCTYPE html>")


def test_latency_counts_parts_and_targets(org: Organization) -> None:
    """The control plane charges each row of a batch or bulk message, and counts by route template."""
    org.post("$batch", batch(*[part("GET", "WhoAmI")] * 3), BATCH_HEADERS)
    org.get("accounts(a0000000-0000-4000-8000-000000000001)")
    counts = org.get("/_emulator/requests").json["counts"]
    assert counts["GET /api/data/v9.2/accounts({id})"] == 1
    assert counts["POST /api/data/v9.2/$batch"] == 1
