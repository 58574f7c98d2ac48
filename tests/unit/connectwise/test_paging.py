"""Pages come one after the other, none twice, none left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.paging import Page, PagesOutOfOrder, announces_next, forward_only


def server_of(ids, page_size, announce):
    asked = []

    def fetch(after):
        asked.append(after)
        rest = [one for one in sorted(ids) if after is None or one > after]
        return Page(tuple({"id": one} for one in rest[:page_size]), announce and len(rest) > page_size)

    return fetch, asked


@given(st.sets(st.integers(1, 500), max_size=60), st.integers(1, 20), st.booleans())
def test_all_rows_come_once_in_ascending_order_with_or_without_links(ids, page_size, announce):
    fetch, asked = server_of(ids, page_size, announce)
    assert [row["id"] for row in forward_only(fetch, page_size)] == sorted(ids)
    assert len(asked) == len(ids) // page_size + 1


def test_pages_are_fetched_as_they_are_needed():
    fetch, asked = server_of(range(1, 100), 10, announce=True)
    rows = forward_only(fetch, 10)
    for _ in range(15):
        next(rows)
    assert asked == [None, 10]


def test_a_short_page_that_announces_another_goes_on():
    pages = iter([Page(({"id": 1},), has_next=True), Page(({"id": 2},), has_next=False)])
    assert [row["id"] for row in forward_only(lambda _after: next(pages), 10)] == [1, 2]


@pytest.mark.parametrize("second", [1, 2])
def test_a_server_that_does_not_go_forward_is_found_out(second):
    page = Page(({"id": 1}, {"id": 2}), has_next=True)
    pages = iter([page, Page(({"id": second},), has_next=False)])
    with pytest.raises(PagesOutOfOrder):
        list(forward_only(lambda _after: next(pages), 2))


FIRST = (
    "<https://na.myconnectwise.net/v4_6_release/apis/3.0/finance/agreements/?conditions=lastUpdated+%3e%3d&page=2>; "
    'rel="next", <https://na.myconnectwise.net/x/?page=2>; rel="last"'
)


@pytest.mark.parametrize(
    ("link", "has_next"),
    [
        (FIRST, True),
        ('<https://host/?pageId=415>; rel="next"', True),
        ("<https://host/?pageId=415>;rel=next", True),
        ('<https://host/?page=1>; rel="prev", <https://host/?page=1>; rel="first"', False),
        ('<https://host/?name=next>; rel="last"', False),
        ("", False),
    ],
)
def test_the_link_header_announces_a_next_page_by_its_relation(link, has_next):
    assert announces_next({"Link": link}) is has_next


def test_no_link_header_announces_nothing():
    assert announces_next({}) is False
