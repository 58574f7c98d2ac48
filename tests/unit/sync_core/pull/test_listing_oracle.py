"""Lists against brute force: random data x filters x sorts x page sizes, also while the data change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectwise.directory.records import ListEntry, ListKind, Named
from dataverse.psasync.records import MappingKind
from sync_core.pull.filters import ListFilter
from sync_core.pull.listing import ListQuestion, list_records
from tests import builders
from tests.pull_fakes import PullWorld, entry

pytestmark = [pytest.mark.unit, pytest.mark.deep]

START = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = [Named(1, "Client"), Named(2, "Prospect"), Named(3, 'Vendor "B"'), Named(4, "7")]
STATUSES = [Named(1, "Active"), Named(2, "Credit Hold")]
CYCLES = [Named(2, "Monthly"), Named(5, "Yearly")]
CUSTOMERS = [Named(900, "Fabrikam Ltd"), Named(901, "O'Brien [EU] 100%"), Named(902, "Ärzte \\ Haus")]
WORDS = ["Contoso", "contoso ltd", "O'Brien", "50% off", "a\\b", "[x]", 'say "hi"', "Zürich", "ÄRZTE", "", "_", "9"]

names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
days = st.integers(0, 20)
kinds = st.sampled_from(list(ListKind))


@st.composite
def worlds(draw: st.DrawFn) -> PullWorld:
    """Companies, agreements and mappings of some of both."""
    world = PullWorld()
    for kind, mapping_kind in (
        (ListKind.COMPANY, MappingKind.ACCOUNT),
        (ListKind.AGREEMENT, MappingKind.BILLING_CONTRACT),
    ):
        for psa_id in draw(st.sets(st.integers(1, 60), max_size=25)):
            world.entries[kind][psa_id] = draw(entries(kind, psa_id))
            if draw(st.booleans()):
                world.map_row(mapping_kind, psa_id, f"{psa_id:08d}-0000-4000-8000-00000000000{int(kind == 'company')}")
    return world


@st.composite
def entries(draw: st.DrawFn, kind: ListKind, psa_id: int) -> ListEntry:
    """One entry of a list."""
    is_company = kind is ListKind.COMPANY
    return entry(
        psa_id,
        draw(names),
        types=tuple(draw(st.lists(st.sampled_from(TYPES), max_size=3 if is_company else 1, unique=True))),
        status=draw(st.sampled_from(STATUSES)) if is_company else Named(0, "Active"),
        frequency=None if is_company else draw(st.sampled_from([None, *CYCLES])),
        is_one_time=not is_company and draw(st.booleans()),
        company=None if is_company else Named(draw(st.integers(1, 60)), draw(st.sampled_from(CUSTOMERS)).name),
        created_on=draw(st.sampled_from([None, *(START + timedelta(days=day) for day in range(5))])),
        modified_on=START + timedelta(days=draw(days), seconds=draw(st.integers(0, 2))),
        is_deleted=is_company and draw(st.integers(0, 9)) == 0,
    )


@st.composite
def questions(draw: st.DrawFn) -> ListQuestion:
    """Any combination of filters, view, sort and page size."""
    kind = draw(kinds)
    is_company = kind is ListKind.COMPANY
    some_text = st.none() | st.sampled_from([*WORDS, "CONTOSO", "o", "%", "\\", '"', "[", "no such thing"])
    wanted = ListFilter(
        kind=kind,
        types=tuple(
            draw(st.lists(st.sampled_from(["Client", "2", 'Vendor "B"', "7", "none"]), max_size=2, unique=True))
        ),
        status=draw(st.none() | st.sampled_from(["Active", "2", "active"])) if is_company else None,
        frequency=None if is_company else draw(st.none() | st.sampled_from(["Monthly", "5", "One Time"])),
        name=draw(some_text),
        company=None if is_company else draw(st.none() | st.sampled_from(["fabrikam", "100%", "[eu]", "\\", "haus"])),
        modified_since=draw(st.none() | days.map(lambda day: (START + timedelta(days=day)).date())),
    )
    return ListQuestion(
        connector_id=builders.CONNECTOR_ID,
        filter=wanted,
        view=draw(st.sampled_from(["unmapped", "mapped", "all"])),
        with_agreements=is_company and draw(st.booleans()),
        sort=draw(st.sampled_from(["name", "-name", "created", "-created", "modified", "-modified"])),
        limit=draw(st.integers(1, 9)),
    )


def brute_force(world: PullWorld, asked: ListQuestion) -> list[int]:
    """Say what the list holds, from the rules of the page alone."""
    kind = asked.filter.kind
    of_kind = MappingKind.ACCOUNT if kind is ListKind.COMPANY else MappingKind.BILLING_CONTRACT
    mapped = {one.psa_id for one in world.mappings.values() if one.kind is of_kind}
    having = {one.company.id for one in world.entries[ListKind.AGREEMENT].values() if one.company}
    sort = asked.sort.lstrip("-")

    def place(one: ListEntry) -> tuple[object, int]:
        moment = one.created_on if sort == "created" else one.modified_on
        return (one.name.lower() if sort == "name" else moment or datetime.min.replace(tzinfo=UTC), one.psa_id)

    shown = [
        one
        for one in world.entries[kind].values()
        if is_wanted(one, asked.filter)
        and (asked.view == "all" or (one.psa_id in mapped) == (asked.view == "mapped"))
        and (not asked.with_agreements or one.psa_id in having)
    ]
    return [one.psa_id for one in sorted(shown, key=place, reverse=asked.sort.startswith("-"))]


def is_wanted(one: ListEntry, wanted: ListFilter) -> bool:
    """Say whether the filters let an entry through."""
    checks = [not one.is_deleted, (wanted.name or "").lower() in one.name.lower()]
    if wanted.types:
        checks.append(bool({text for named in one.types for text in texts(named)}.intersection(wanted.types)))
    if wanted.status is not None:
        checks.append(wanted.status in texts(one.status))
    if wanted.frequency is not None:
        cycle = {"One Time"} if one.is_one_time else texts(one.frequency)
        checks.append(wanted.frequency in cycle)
    if wanted.company:
        checks.append(one.company is not None and wanted.company.lower() in one.company.name.lower())
    if wanted.modified_since is not None:
        since = datetime.combine(wanted.modified_since, datetime.min.time(), UTC)
        checks.append(one.modified_on is not None and one.modified_on >= since)
    return all(checks)


def texts(named: Named | None) -> set[str]:
    """Return what may stand for a reference: its id or its exact name."""
    return set() if named is None else {str(named.id), named.name}


def all_pages(world: PullWorld, asked: ListQuestion, between: Callable[[], None] = lambda: None) -> list[list[int]]:
    services = world.services()
    pages: list[list[int]] = []
    cursor: str | None = None
    while True:
        page = list_records(services, replace(asked, cursor=cursor))
        pages.append([record.entry.psa_id for record in page.records])
        if page.next_cursor is None:
            return pages
        cursor = page.next_cursor
        between()


@settings(max_examples=200)
@given(worlds(), questions())
def test_pages_are_what_brute_force_says_and_always_full(world: PullWorld, asked: ListQuestion) -> None:
    pages = all_pages(world, asked)
    expected = brute_force(world, asked)
    assert [psa_id for page in pages for psa_id in page] == expected
    assert all(len(page) == asked.limit for page in pages[:-1])
    assert len(pages) == max(1, -(-len(expected) // asked.limit))


@settings(max_examples=100)
@given(worlds(), questions())
def test_the_total_counts_the_whole_list_on_the_first_page(world: PullWorld, asked: ListQuestion) -> None:
    assert list_records(world.services(), asked).total == len(brute_force(world, asked))


@settings(max_examples=200)
@given(worlds(), questions(), st.data())
def test_no_record_appears_twice_and_none_is_lost_that_stood_still(
    world: PullWorld, asked: ListQuestion, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):  # else few lists are longer than a page
        asked = replace(asked, filter=ListFilter(asked.filter.kind), view="all", with_agreements=False)
    before = brute_force(world, asked)
    kind = asked.filter.kind
    moved: set[int] = set()
    now = START + timedelta(days=100)

    def between() -> None:
        nonlocal now
        now += timedelta(seconds=1)
        for psa_id in data.draw(st.sets(st.sampled_from([*before, 61, 62]), max_size=3)):
            moved.add(psa_id)
            old = world.entries[kind].get(psa_id)
            if old is not None and data.draw(st.booleans()):
                del world.entries[kind][psa_id]  # for good, without any trace
                continue
            made = data.draw(entries(kind, psa_id))
            world.entries[kind][psa_id] = replace(made, modified_on=now)

    shown = [psa_id for page in all_pages(world, asked, between) for psa_id in page]
    assert len(shown) == len(set(shown))
    still = set(before) - moved
    assert [psa_id for psa_id in shown if psa_id in still] == [psa_id for psa_id in before if psa_id in still]


@given(worlds(), questions())
def test_mapped_only_never_reads_what_is_not_mapped(world: PullWorld, asked: ListQuestion) -> None:
    asked = replace(asked, view="mapped", with_agreements=False)
    of_kind = MappingKind.ACCOUNT if asked.filter.kind is ListKind.COMPANY else MappingKind.BILLING_CONTRACT
    all_pages(world, asked)
    assert set(world.read_ids) <= {one.psa_id for one in world.mappings.values() if one.kind is of_kind}
    assert "entries" not in world.asked


def test_dates_are_compared_inclusively_in_utc() -> None:
    world = PullWorld()
    for psa_id, moment in enumerate(["2026-02-28T23:59:59", "2026-03-01T00:00:00"], start=1):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        world.entries[ListKind.COMPANY][psa_id] = entry(psa_id, modified_on=at)
    wanted = ListFilter(kind=ListKind.COMPANY, modified_since=date(2026, 3, 1))
    page = list_records(world.services(), ListQuestion(builders.CONNECTOR_ID, wanted))
    assert [record.entry.psa_id for record in page.records] == [2]
