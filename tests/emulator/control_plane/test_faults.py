"""Every kind of fault does to the client and to the store what it promises."""

import time
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator.control_plane.conftest import ToyClient
from tests.emulator.control_plane.toy import BIG

pytestmark = pytest.mark.emulator


def order(toy: ToyClient, **fault: Any) -> int:
    response = toy.call("POST", "/_emulator/faults", json=fault)
    assert response.status_code == 201
    return int(response.json()["id"])


def last(toy: ToyClient) -> dict[str, Any]:
    entry: dict[str, Any] = toy.control("GET", "requests?limit=1")["requests"][0]
    return entry


def assert_silence(toy: ToyClient, method: str = "POST", path: str = "/things", body: str = "one") -> None:
    with pytest.raises(requests.ConnectionError, match=r"without response|reset by peer"):
        toy.call(method, path, data=body)


def test_drop_before_closes_without_a_byte_and_the_application_never_runs(toy: ToyClient) -> None:
    order(toy, kind="drop_before")
    assert_silence(toy)
    assert toy.things() == []
    assert (last(toy)["status"], last(toy)["outcome"]) == (None, "drop_before")


def test_drop_after_commit_runs_the_application_and_closes_without_a_byte(toy: ToyClient) -> None:
    order(toy, kind="drop_after_commit")
    assert_silence(toy)
    assert toy.things() == ["one"]
    assert (last(toy)["status"], last(toy)["outcome"]) == (None, "drop_after_commit")


def test_drop_after_commit_sends_no_byte_of_a_large_answer(toy: ToyClient) -> None:
    order(toy, kind="drop_after_commit")
    assert_silence(toy, "GET", "/big")


def test_commit_late_closes_now_and_commits_the_same_body_later(toy: ToyClient) -> None:
    order(toy, kind="commit_late", delay_ms=300)
    started = time.monotonic()
    assert_silence(toy)
    assert time.monotonic() - started < 0.3
    assert toy.things() == []
    assert toy.control("GET", "requests")["in_progress"] == 1
    while toy.control("GET", "requests")["in_progress"]:
        time.sleep(0.01)
    assert time.monotonic() - started >= 0.3
    assert toy.things() == ["one"]
    assert toy.control("GET", "requests")["total"] == 1


def test_delay_answers_after_the_delay(toy: ToyClient) -> None:
    order(toy, kind="delay", delay_ms=120)
    started = time.monotonic()
    assert toy.call("POST", "/things", data="one").status_code == 201
    assert time.monotonic() - started >= 0.12
    assert toy.things() == ["one"]


def test_truncate_sends_half_of_the_body_under_the_full_length(toy: ToyClient) -> None:
    order(toy, kind="truncate")
    connection = HTTPConnection(toy.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/big")
    response = connection.getresponse()
    assert response.headers["content-length"] == str(len(BIG))
    with pytest.raises(IncompleteRead) as raised:
        response.read()
    connection.close()
    assert raised.value.partial == BIG[: len(BIG) // 2]
    assert last(toy)["bytes"] == len(BIG) // 2


def test_truncate_commits_and_gives_nothing_of_an_answer_without_a_body(toy: ToyClient) -> None:
    order(toy, kind="truncate")
    assert_silence(toy, "GET", "/empty")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        toy.call("POST", "/things", data="one")
    assert toy.things() == ["one"]


@pytest.mark.parametrize(("kind", "default"), [("status", 503), ("html", 503), ("rate_limit", 429)])
def test_vendor_answers_come_from_the_emulator_and_the_application_never_runs(
    toy: ToyClient, kind: str, default: int
) -> None:
    order(toy, kind=kind)
    response = toy.call("POST", "/things?a=1%2C", data="one")
    assert (response.status_code, response.text) == (default, f"{kind} POST /things?a=1%2C")
    assert "retry-after" not in response.headers
    toy.control("DELETE", "faults")
    order(toy, kind=kind, status=418, retry_after=2)
    response = toy.call("POST", "/things", data="one")
    assert (response.status_code, response.headers["retry-after"]) == (418, "2")
    assert toy.things() == []


def test_a_fault_of_any_kind_waits_for_its_delay(toy: ToyClient) -> None:
    order(toy, kind="drop_before", delay_ms=100)
    started = time.monotonic()
    assert_silence(toy)
    assert time.monotonic() - started >= 0.1


def test_the_connection_serves_the_next_request_after_a_vendor_answer(toy: ToyClient) -> None:
    order(toy, kind="status", times=1)
    with requests.Session() as session:
        assert session.post(toy.url + "/things", data="one", timeout=10).status_code == 503
        assert session.post(toy.url + "/things", data="two", timeout=10).status_code == 201
    assert toy.things() == ["two"]


def test_only_what_matches_is_struck(toy: ToyClient) -> None:
    order(toy, kind="status", match={"method": "post", "path": r"/things/\d+$"})
    assert toy.call("GET", "/things/1").status_code == 200
    assert toy.call("POST", "/things").status_code == 201
    assert toy.call("POST", "/things/x?y=/things/1").status_code == 201
    assert toy.call("POST", "/things/12").status_code == 503


def test_the_first_that_fires_wins_and_wears_out_after_its_times(toy: ToyClient) -> None:
    first, second = order(toy, kind="status", status=500, times=2), order(toy, kind="status", status=502, times=1)
    statuses = [toy.call("GET", "/things").status_code for _ in range(4)]
    assert statuses == [500, 500, 502, 200]
    listed = toy.control("GET", "faults")["faults"]
    assert [(fault["id"], fault["fired"]) for fault in listed] == [(first, 2), (second, 1)]
    assert toy.control("DELETE", "faults") == {"cleared": 2}
    assert toy.control("GET", "faults") == {"faults": []}


def test_a_seed_repeats_the_draws(toy: ToyClient) -> None:
    def draws() -> list[int]:
        toy.control("DELETE", "faults")
        order(toy, kind="status", probability=0.3, seed=7)
        return [toy.call("GET", "/things").status_code for _ in range(40)]

    first = draws()
    assert first == draws()
    assert {200, 503} == set(first)
    assert 4 <= first.count(503) <= 20


def test_control_routes_are_never_struck(toy: ToyClient) -> None:
    order(toy, kind="drop_before")
    assert toy.control("GET", "state")["things"] == []


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({}, "kind: missing"),
        ({"kind": "explode"}, "kind: must be one of"),
        ({"kind": "status", "colour": 1}, "colour: unknown member"),
        ({"kind": "status", "match": {"host": "x"}}, "match.host: unknown member"),
        ({"kind": "status", "match": {"path": "("}}, "match.path: not a regular expression"),
        ({"kind": "status", "match": {"method": 1}}, "match.method: text is expected"),
        ({"kind": "status", "match": []}, "match: an object is expected"),
        ({"kind": "status", "status": 99}, "status: must be at least 200"),
        ({"kind": "status", "status": 600}, "status: must be at most 599"),
        ({"kind": "status", "probability": 1.5}, "probability: must be at most 1"),
        ({"kind": "status", "times": 0}, "times: must be at least 1"),
        ({"kind": "status", "times": 1.5}, "times: a whole number is expected"),
        ({"kind": "delay", "delay_ms": "x"}, "delay_ms: a number is expected"),
        ({"kind": "delay", "delay_ms": True}, "delay_ms: a number is expected"),
    ],
)
def test_a_bad_fault_is_refused_with_the_member_named(toy: ToyClient, fault: dict[str, Any], named: str) -> None:
    response = toy.call("POST", "/_emulator/faults", json=fault)
    assert response.status_code == 400
    assert response.json()["error"].startswith(named)
    assert toy.control("GET", "faults") == {"faults": []}


def test_drops_reach_a_client_over_tls(tmp_path: Path) -> None:
    import sys

    from emulators.stack.part import ROOT, Part
    from tests.emulator.control_plane.conftest import TOY

    with Part("toy", [sys.executable, str(TOY), str(tmp_path)], environment={"PYTHONPATH": str(ROOT)}) as part:
        toy = ToyClient(part.ready()["url"], tmp_path / "ca.pem")
        order(toy, kind="drop_after_commit", times=1)
        with pytest.raises(requests.ConnectionError):
            toy.call("POST", "/things", data="one")
        assert toy.things() == ["one"]
        order(toy, kind="truncate", times=1)
        with pytest.raises(requests.RequestException):
            toy.call("GET", "/big")
