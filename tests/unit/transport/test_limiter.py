"""One budget for all threads: paced, bounded, and paused by the server's word."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport import LimiterPaused, RateLimiter, SendWindowClosed

pytestmark = pytest.mark.unit


class SimulatedTime:
    """A clock that only waiting moves; for one thread."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


def limiter_in(clock, *, per_minute=60, in_flight=100):
    limiter = RateLimiter(requests_per_minute=per_minute, in_flight=in_flight, clock=clock)

    class Waits(threading.Condition):
        def wait(self, timeout=None):
            assert timeout is not None, "would wait for ever"
            clock.advance(timeout)
            return False

    limiter._changed = Waits()
    return limiter


def departures(limiter, clock, count, **options):
    moments = []
    for _ in range(count):
        with limiter.slot(**options):
            moments.append(clock.now)
    return moments


@given(st.integers(1, 1200), st.lists(st.floats(0, 20), min_size=1, max_size=80))
def test_no_minute_sees_more_than_the_rate_and_its_burst(per_minute, idle_times):
    clock = SimulatedTime()
    limiter = limiter_in(clock, per_minute=per_minute)
    moments = []
    for idle in idle_times:
        clock.advance(idle)
        moments += departures(limiter, clock, 1 + per_minute // 20)
    allowed = per_minute + max(1.0, per_minute / 10)
    for start in moments:
        assert sum(start <= moment < start + 60 for moment in moments) <= allowed + 1e-6


def test_a_burst_goes_out_at_once_and_the_rest_is_paced():
    clock = SimulatedTime()
    moments = departures(limiter_in(clock, per_minute=60), clock, 9)
    assert moments[:6] == [1000.0] * 6
    assert moments[6:] == pytest.approx([1001.0, 1002.0, 1003.0])


def test_a_pause_stops_everybody_and_costs_the_burst():
    clock = SimulatedTime()
    limiter = limiter_in(clock, per_minute=60)
    limiter.pause(10)
    assert departures(limiter, clock, 3) == pytest.approx([1011.0, 1012.0, 1013.0])


def test_a_shorter_pause_does_not_end_a_longer_one():
    clock = SimulatedTime()
    limiter = limiter_in(clock, per_minute=60)
    limiter.pause(10)
    limiter.pause(1)
    assert departures(limiter, clock, 1) == pytest.approx([1011.0])


def test_a_caller_without_the_patience_is_told_how_long_the_pause_lasts():
    clock = SimulatedTime()
    limiter = limiter_in(clock)
    limiter.pause(30)
    with pytest.raises(LimiterPaused, match="another 30 s") as paused, limiter.slot(patience=5.0):
        pass
    assert paused.value.delivery == "not_sent"
    assert paused.value.retry_after == 30.0
    assert clock.now == 1000.0


def test_a_caller_waits_for_a_pause_within_its_patience():
    clock = SimulatedTime()
    limiter = limiter_in(clock, per_minute=60)
    limiter.pause(4)
    assert departures(limiter, clock, 1, patience=5.0) == pytest.approx([1005.0])


def test_who_must_have_sent_before_the_next_token_is_refused_at_once():
    clock = SimulatedTime()
    limiter = limiter_in(clock, per_minute=6)
    departures(limiter, clock, 1)
    with pytest.raises(SendWindowClosed), limiter.slot(latest=1005.0):
        pass
    assert clock.now == 1000.0
    assert departures(limiter, clock, 1, latest=1011.0) == pytest.approx([1010.0])


def test_who_comes_too_late_is_refused_although_a_token_is_there():
    clock = SimulatedTime()
    with pytest.raises(SendWindowClosed), limiter_in(clock).slot(latest=1000.0):
        pass


def test_a_wait_for_a_slot_ends_when_the_send_window_does():
    clock = SimulatedTime()
    limiter = limiter_in(clock, in_flight=1)
    with limiter.slot(), pytest.raises(SendWindowClosed), limiter.slot(latest=1003.0):
        pass
    assert clock.now == 1003.0


def test_a_slot_is_free_again_after_an_error():
    limiter = limiter_in(SimulatedTime(), in_flight=1)
    for _ in range(3):
        with pytest.raises(RuntimeError), limiter.slot():
            raise RuntimeError


@pytest.mark.parametrize(
    "settings", [{"requests_per_minute": 0, "in_flight": 1}, {"requests_per_minute": 1, "in_flight": 0}]
)
def test_a_budget_of_nothing_is_a_mistake(settings):
    with pytest.raises(ValueError, match="at least 1"):
        RateLimiter(**settings)


def test_threads_share_the_slots():
    limiter = RateLimiter(requests_per_minute=100_000, in_flight=3)
    inside, most = 0, 0
    lock = threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(5):
            with limiter.slot():
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.001)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert inside == 0
    assert most == 3


def test_threads_share_the_tokens():
    limiter = RateLimiter(requests_per_minute=6000, in_flight=50)  # 100 a second after a burst of 600
    limiter.pause(0.001)  # the burst is gone
    started = time.monotonic()
    threads = [threading.Thread(target=lambda: limiter.slot().__enter__()) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - started >= 0.19
