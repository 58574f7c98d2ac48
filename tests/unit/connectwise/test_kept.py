"""Setup tables that are read once in a while."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectwise.kept import SETUP_TABLES_KEPT, Kept

pytestmark = pytest.mark.unit


def counting(clock=lambda: 0.0):
    reads = []

    def read():
        reads.append(len(reads))
        return len(reads)

    return Kept(read, clock=clock), reads


def test_a_table_is_read_again_when_it_is_old():
    now = [100.0]
    kept, _ = counting(lambda: now[0])
    assert kept.value() == 1
    now[0] += SETUP_TABLES_KEPT - 1
    assert kept.value() == 1
    assert kept.value(younger_than=30.0) == 2
    now[0] += SETUP_TABLES_KEPT
    assert kept.value() == 3


def test_many_threads_read_it_once():
    kept, reads = counting()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: kept.value(), range(50))) == {1}
    assert reads == [0]


def test_what_could_not_be_read_is_not_kept():
    outcomes = iter([ValueError("down"), 7])

    def read():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    kept = Kept(read, clock=lambda: 0.0)
    with pytest.raises(ValueError, match="down"):
        kept.value()
    assert kept.value() == 7
