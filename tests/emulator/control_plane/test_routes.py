"""Request log, clock, seed, state, reset and the emulator's own control routes."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from emulators.control_plane.request_log import Entry, RequestLog
from tests.emulator.control_plane.conftest import ToyClient

pytestmark = pytest.mark.emulator


def test_the_log_counts_by_route_template_and_keeps_what_was_asked_and_answered(toy: ToyClient) -> None:
    toy.call("POST", "/things", data="one")
    toy.call("GET", "/things/1?a=b%20c")
    toy.call("GET", "/things/2")
    toy.call("GET", "/empty")
    document = toy.control("GET", "requests")
    assert document["total"] == 4
    assert document["counts"] == {"GET /empty": 1, "GET /things/{id}": 2, "POST /things": 1}
    assert document["in_progress"] == 0
    entry = document["requests"][1]
    assert entry.pop("ms") > 0
    assert entry == {
        "method": "GET",
        "path": "/things/1",
        "query": "a=b%20c",
        "status": 200,
        "bytes": 2,
        "outcome": "answered",
    }


def test_the_log_shows_the_last_entries_on_demand_and_can_be_cleared(toy: ToyClient) -> None:
    for name in ("a", "b", "c"):
        toy.call("GET", f"/{name}")
    document = toy.control("GET", "requests?limit=2")
    assert [entry["path"] for entry in document["requests"]] == ["/b", "/c"]
    assert document["total"] == 3
    assert toy.control("GET", "requests?limit=0")["requests"] == []
    toy.control("DELETE", "requests")
    assert toy.control("GET", "requests") == {"total": 0, "counts": {}, "in_progress": 0, "requests": []}


def test_the_log_keeps_ten_thousand_entries_and_exact_counts() -> None:
    log = RequestLog(lambda _method, path: path)
    for path in ["/first", *["/things"] * 10_000]:
        log.add(Entry("GET", path, "", 200, 0, 0.1, "answered"))
    document = log.document(limit=20_000)
    assert document["total"] == 10_001
    assert document["counts"] == {"GET /first": 1, "GET /things": 10_000}
    assert len(document["requests"]) == 10_000
    assert document["requests"][0]["path"] == "/things"


def test_control_requests_are_not_logged(toy: ToyClient) -> None:
    toy.control("GET", "state")
    assert toy.control("GET", "requests")["total"] == 0


def test_a_bug_of_the_application_is_500_and_logged_as_an_error(toy: ToyClient) -> None:
    assert toy.call("GET", "/bug").status_code == 500
    entry = toy.control("GET", "requests")["requests"][0]
    assert (entry["status"], entry["outcome"]) == (None, "error")


def test_the_clock_can_be_set_advanced_and_made_real_and_every_date_header_follows(toy: ToyClient) -> None:
    def shown() -> datetime:
        return datetime.fromisoformat(toy.control("GET", "clock")["now"])

    then = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    answer = toy.control("POST", "clock", json={"now": "2031-02-03T05:05:06+01:00"})
    assert then <= datetime.fromisoformat(answer["now"]) < then + timedelta(seconds=5)
    for path in ("/things", "/_emulator/state"):
        date = parsedate_to_datetime(toy.call("GET", path).headers["date"])
        assert then <= date < then + timedelta(seconds=5)
    toy.control("POST", "clock", json={"advance_seconds": 3600.5})
    assert timedelta(hours=1) < shown() - then < timedelta(hours=1, seconds=5)
    toy.control("POST", "clock", json={"advance_seconds": -7200})
    assert shown() < then
    toy.control("POST", "clock", json={"now": "2031-02-03T04:05:06"})
    assert shown() - then < timedelta(seconds=5)
    toy.control("POST", "clock", json={})
    assert abs(shown() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_date_of_the_application_itself_stays(toy: ToyClient) -> None:
    assert toy.call("GET", "/dated").headers["date"] == "then"


def test_seed_counts_state_shows_and_reset_empties(toy: ToyClient) -> None:
    body = '{"things": ["one", 12.345678901234567890]}'
    assert toy.control("POST", "seed", data=body) == {"counts": {"things": 2}}
    response = toy.call("GET", "/_emulator/state?table=a%20b&empty=")
    assert response.json()["things"] == ["one", "12.345678901234567890"]
    assert response.json()["query"] == {"table": "a b", "empty": ""}
    assert '"exact":0.10000000000000000001' in response.text
    assert toy.control("POST", "reset") == {"reset": "toy"}
    assert toy.things() == []


@pytest.mark.parametrize(
    ("method", "route", "body", "named"),
    [
        ("POST", "seed", '{"things": ["one", 2]}', "things[1]: text is expected"),
        ("POST", "seed", "{", "body: not JSON"),
        ("POST", "seed", "[]", "body: a JSON object is expected"),
        ("POST", "faults", b"\xff", "body: not JSON"),
        ("POST", "clock", '{"now": 5}', "now: a time such as"),
        ("POST", "clock", '{"now": "tomorrow"}', "now: a time such as"),
        ("POST", "clock", '{"advance_seconds": "1"}', "advance_seconds: a number is expected"),
        ("POST", "clock", '{"now": "2031-02-03", "advance_seconds": 1}', "now: cannot be combined"),
        ("POST", "clock", '{"then": 1}', "then: unknown member"),
        ("GET", "requests?limit=x", None, "limit: a whole number is expected"),
        ("GET", "requests?last=1", None, "last: unknown member"),
    ],
)
def test_bad_input_is_400_with_the_member_named(toy: ToyClient, method: str, route: str, body: Any, named: str) -> None:
    response = toy.call(method, f"/_emulator/{route}", data=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(named)


def test_own_control_routes_of_an_emulator_get_their_query_and_body(toy: ToyClient) -> None:
    response = toy.call("POST", "/_emulator/extra/one?thru=2031-01-31", data="body")
    assert (response.status_code, response.text) == (202, "POST extra/one?thru=2031-01-31 body")


def test_an_unknown_control_route_is_404_and_the_overview_lists_the_known_ones(toy: ToyClient) -> None:
    response = toy.call("GET", "/_emulator/nothing")
    assert (response.status_code, response.json()) == (404, {"error": "no control route GET /_emulator/nothing"})
    overview = toy.control("GET", "")
    assert overview["name"] == "toy"
    assert "POST /_emulator/faults" in overview["routes"]
