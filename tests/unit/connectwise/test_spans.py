"""Reading a long list over several connections: all of it, once, in a bounded number of requests."""

import threading
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.directory.spans import MOST_SPANS, pages_of_spans
from connectwise.paging import Page

pytestmark = pytest.mark.unit


class Ids:
    """A list that holds records with these ids; remembers what was asked."""

    def __init__(self, ids, *, page_size=1000, announces=True):
        self.ids = sorted(ids)
        self.page_size = page_size
        self.announces = announces
        self.asked = []
        self.lock = threading.Lock()

    def page(self, after):
        with self.lock:
            self.asked.append(after)
        inside = self.ids[bisect_right(self.ids, after) :]
        rows = tuple({"id": record_id} for record_id in inside[: self.page_size])
        return Page(rows, self.announces and len(inside) > self.page_size)

    def newest(self):
        return self.ids[-1] if self.ids else None

    def read(self, *, in_parallel=8):
        pages = pages_of_spans(self.page, self.newest, in_parallel=in_parallel, page_size=self.page_size)
        return [row["id"] for page in pages for row in page.rows]


@given(
    st.sets(st.integers(1, 5000), max_size=300),
    st.integers(1, 20),
    st.integers(1, 9),
    st.booleans(),
)
def test_every_record_comes_once_whatever_the_ids(ids, page_size, in_parallel, announces):
    source = Ids(ids, page_size=page_size, announces=announces)
    assert sorted(source.read(in_parallel=in_parallel)) == source.ids
    # each full page, the end of each span, and one more where a full page was the last one
    assert len(source.asked) <= -(-len(ids) // page_size) + MOST_SPANS + 1


@pytest.mark.parametrize(
    "ids",
    [
        range(1, 50_001),
        range(200_001, 250_001),
        range(3, 500_000, 10),
        [*range(1, 25_001), *range(900_000, 925_000)],
    ],
    ids=["dense", "late", "sparse", "two heaps"],
)
def test_50_000_companies_take_50_pages_and_a_few_more(ids):
    source = Ids(ids)
    assert len(source.read()) == 50_000
    assert len(source.asked) <= 50 + MOST_SPANS


def test_several_connections_work_at_the_same_time():
    source = Ids(range(1, 20_001))
    together = threading.Barrier(4)
    seen = threading.Event()

    def page(after):
        if not seen.is_set() and after > 2000:
            together.wait(timeout=10)  # broken, so an error, unless four requests are under way
            seen.set()
        return source.page(after)

    pages = pages_of_spans(page, source.newest, in_parallel=7)
    assert sum(len(one.rows) for one in pages) == 20_000


def test_a_page_that_fails_ends_the_reading():
    def page(after):
        if after:
            raise ConnectionError
        return Page(({"id": 1},), has_next=True)

    with pytest.raises(ConnectionError):
        list(pages_of_spans(page, lambda: 5000, in_parallel=2))
