"""Latency costs what was ordered, per request and per row."""

import statistics
import time
from typing import Any

import pytest

from emulators.control_plane.latency import Latency
from emulators.control_plane.wire import BadInput
from tests.emulator.control_plane.conftest import ToyClient

pytestmark = pytest.mark.emulator


def seconds(toy: ToyClient, method: str = "POST", path: str = "/things", body: str = "a") -> float:
    started = time.monotonic()
    toy.call(method, path, data=body)
    return time.monotonic() - started


def test_a_request_costs_its_share_and_each_row_its_own(toy: ToyClient) -> None:
    toy.control("POST", "latency", json={"per_request_ms": 40, "per_operation_ms": 30})
    assert 0.07 <= seconds(toy, body="a") < 0.13
    assert seconds(toy, body="a,b,c,d") >= 0.16
    toy.control("POST", "latency", json={})
    assert seconds(toy) < 0.07
    assert toy.control("GET", "latency") == {"latency": []}


def test_a_rule_with_a_match_counts_before_the_general_one_and_replaces_its_like(toy: ToyClient) -> None:
    toy.control("POST", "latency", json={"match": {"method": "GET", "path": "^/fast"}, "per_request_ms": 500})
    toy.control("POST", "latency", json={"match": {"method": "GET", "path": "^/fast"}})
    toy.control("POST", "latency", json={"per_request_ms": 60})
    assert len(toy.control("GET", "latency")["latency"]) == 2
    assert seconds(toy, "GET", "/fast") < 0.06
    assert seconds(toy, "GET", "/other") >= 0.06


def test_latency_delays_a_vendor_answer_but_no_immediate_drop(toy: ToyClient) -> None:
    toy.control("POST", "latency", json={"per_request_ms": 80})
    toy.control("POST", "faults", json={"kind": "status", "times": 1})
    assert seconds(toy) >= 0.08


def test_lognormal_meets_its_median_and_its_90th_percentile() -> None:
    latency = Latency()
    latency.set({"model": "lognormal", "median_ms": 40, "p90_ms": 120, "per_request_ms": 5, "seed": 3})
    rule = latency.rule("GET", "/")
    assert rule is not None
    drawn = sorted(rule.seconds(1) * 1000 - 5 for _ in range(20_000))
    assert statistics.median(drawn) == pytest.approx(40, rel=0.05)
    assert drawn[18_000] == pytest.approx(120, rel=0.05)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"model": "uniform"}, "model: must be one of fixed, lognormal"),
        ({"model": "lognormal"}, "median_ms: must be above 0"),
        ({"model": "lognormal", "median_ms": 5}, "p90_ms: must be at least median_ms"),
        ({"model": "lognormal", "median_ms": 5, "p90_ms": 4}, "p90_ms: must be at least median_ms"),
        ({"per_request_ms": -1}, "per_request_ms: must be at least 0"),
        ({"ms": 1}, "ms: unknown member"),
    ],
)
def test_a_bad_rule_is_refused_with_the_member_named(document: dict[str, Any], named: str) -> None:
    latency = Latency()
    with pytest.raises(BadInput) as raised:
        latency.set(document)
    assert str(raised.value).startswith(named)
    assert not latency
