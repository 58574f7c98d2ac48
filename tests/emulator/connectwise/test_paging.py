"""Navigable and forward-only pages."""

import pytest

from tests.emulator.connectwise.harness import FORWARD_ONLY, Tenant

pytestmark = pytest.mark.emulator

AGREEMENTS = "/finance/agreements"
ROOT = "https://na.myconnectwise.net/v4_6_release/apis/3.0/finance/agreements/"


@pytest.fixture
def three() -> Tenant:
    """Agreements 412, 415 and 418, as in the fixture paging.json."""
    info = {"lastUpdated": "2025-07-02T00:00:00Z"}
    return Tenant(
        seed={AGREEMENTS: [{"id": row_id, "name": f"A{row_id}", "_info": info} for row_id in (418, 412, 415)]}
    )


def test_the_first_navigable_page_links_next_and_last(three: Tenant) -> None:
    """Fixture paging.json: other host, slash before the question mark, lower-case escapes, plus signs, page last."""
    params = {"conditions": "lastUpdated >= [2025-07-01T00:00:00Z]", "pageSize": "2", "page": "1", "fields": "id"}
    reply = three.get(AGREEMENTS, **params)
    assert reply.json == [{"id": 412}, {"id": 415}]
    query = "conditions=lastUpdated+%3e%3d+%5b2025-07-01T00%3a00%3a00Z%5d&fields=id&pageSize=2&page=2"
    assert reply.headers["link"] == f'<{ROOT}?{query}>; rel="next", <{ROOT}?{query}>; rel="last"'


def test_the_last_navigable_page_links_prev_and_first(three: Tenant) -> None:
    """connectwise.md 3.5: next is missing on the last page, prev on the first."""
    reply = three.get(AGREEMENTS, pageSize="2", page="2", fields="id")
    assert reply.json == [{"id": 418}]
    query = "fields=id&pageSize=2&page=1"
    assert reply.headers["link"] == f'<{ROOT}?{query}>; rel="prev", <{ROOT}?{query}>; rel="first"'
    assert "link" not in three.get(AGREEMENTS).headers


def test_a_page_behind_the_last_is_empty(three: Tenant) -> None:
    """connectwise.md 3.5: stop on an empty page."""
    reply = three.get(AGREEMENTS, pageSize="2", page="9")
    assert reply.json == []
    assert 'rel="next"' not in reply.headers["link"]


def test_page_size_defaults_to_25_and_ends_at_1000() -> None:
    """connectwise.md 3.5: default 25, at most 1,000."""
    tenant = Tenant(seed={AGREEMENTS: [{"id": row_id, "name": "A"} for row_id in range(1, 1202)]})
    assert len(tenant.get(AGREEMENTS, fields="id").json) == 25
    reply = tenant.get(AGREEMENTS, fields="id", pageSize="5000")
    assert len(reply.json) == 1000
    assert "pageSize=1000&page=2" in reply.headers["link"]
    second = tenant.get(AGREEMENTS, fields="id", pageSize="1000", page="2")
    assert [row["id"] for row in second.json] == list(range(1001, 1202))


@pytest.mark.parametrize(
    "params", [{"pageSize": "0"}, {"pageSize": "x"}, {"page": "0"}, {"page": "-1"}, {"pageId": "x"}]
)
def test_senseless_pages_are_400(three: Tenant, params: dict[str, str]) -> None:
    """OpenAPI slice: page and pageSize are whole numbers from 1."""
    assert three.get(AGREEMENTS, **params).status == 400


def test_forward_only_pages_follow_the_last_id(three: Tenant) -> None:
    """Fixture paging.json: ascending ids, a Link for the next pageId, an empty Link at the end."""
    first = three.get(AGREEMENTS, headers=FORWARD_ONLY, pageSize="2", fields="id", page="7")
    assert first.json == [{"id": 412}, {"id": 415}]
    assert first.headers["link"] == f'<{ROOT}?fields=id&pageSize=2&pageId=415>; rel="next"'
    second = three.get(AGREEMENTS, headers=FORWARD_ONLY, pageSize="2", pageId="415", fields="id")
    assert (second.json, second.headers["link"]) == ([{"id": 418}], "")
    behind = three.get(AGREEMENTS, headers=FORWARD_ONLY, pageId="418")
    assert (behind.json, behind.headers["link"]) == ([], "")


def test_forward_only_keeps_filters_and_refuses_an_order(three: Tenant) -> None:
    """connectwise.md 3.5 and 13.5: orderBy is not allowed, filters stay allowed."""
    reply = three.get(AGREEMENTS, headers=FORWARD_ONLY, conditions='name != "A415"', fields="id", pageSize="1")
    assert (reply.json, "pageId=412" in reply.headers["link"]) == ([{"id": 412}], True)
    assert three.get(AGREEMENTS, headers=FORWARD_ONLY, orderBy="name asc").status == 400
    assert three.get(AGREEMENTS, headers=FORWARD_ONLY, page="ignored").status == 200


def test_forward_only_passes_rows_that_change_in_between(three: Tenant) -> None:
    """connectwise.md 3.5: id greater than N, even when the row N is gone."""
    assert three.delete(f"{AGREEMENTS}/415").status == 204
    reply = three.get(AGREEMENTS, headers=FORWARD_ONLY, pageId="415", fields="id")
    assert reply.json == [{"id": 418}]


NUMBERS = range(1, 6002)


@pytest.fixture(scope="module")
def large() -> Tenant:
    """Six thousand agreements over a hundred names, every second one cancelled."""
    rows = [{"id": i, "name": f"N{i * 7919 % 101}", "cancelledFlag": i % 2 == 0} for i in NUMBERS]
    return Tenant(seed={AGREEMENTS: rows})


@pytest.mark.parametrize("order", ["name asc", "name desc", "startDate asc", "company/name desc", "id desc"])
@pytest.mark.parametrize(
    ("conditions", "expected"),
    [("", NUMBERS), ("cancelledFlag=false", NUMBERS[::2]), ("id > 3000", NUMBERS[3000:])],
)
def test_pages_of_a_large_sorted_list_neither_skip_nor_repeat(
    large: Tenant, order: str, conditions: str, expected: range
) -> None:
    """connectwise.md 3.5: navigable pages of an unchanged set are complete, in whatever way they are found."""
    whole: list[int] = []
    for page in range(1, 8):
        whole += large.ids(AGREEMENTS, orderBy=order, conditions=conditions, pageSize=1000, page=page)
    assert sorted(whole) == list(expected)
    if order.startswith("name"):
        names = [f"n{row_id * 7919 % 101}" for row_id in whole]
        assert names == sorted(names, reverse=order.endswith("desc"))


def test_counts_follow_changes(three: Tenant) -> None:
    """connectwise.md 3.3: /count with the same filters."""
    assert three.get(f"{AGREEMENTS}/count").json == {"count": 3}
    three.delete(f"{AGREEMENTS}/412")
    assert three.get(f"{AGREEMENTS}/count").json == {"count": 2}
    assert three.get(f"{AGREEMENTS}/count", conditions="id<416").json == {"count": 1}
