"""What a list reads, keeps in memory and notices."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectwise.directory.records import ListKind, Named
from dataverse.psasync.records import MappingKind
from sync_core.errors import RecordRejected
from sync_core.pull.cursor import CursorInvalid
from sync_core.pull.filters import ListFilter
from sync_core.pull.index import KEPT_SECONDS
from sync_core.pull.listing import ListQuestion, list_records
from tests import builders
from tests.pull_fakes import MODIFIED, PullWorld, entry

pytestmark = pytest.mark.unit

COMPANIES = ListQuestion(builders.CONNECTOR_ID, ListFilter(ListKind.COMPANY), view="unmapped", limit=2)


def world_with(count: int) -> PullWorld:
    world = PullWorld()
    for psa_id in range(1, count + 1):
        at = MODIFIED + timedelta(minutes=psa_id)
        world.entries[ListKind.COMPANY][psa_id] = entry(psa_id, f"Company {psa_id:03d}", modified_on=at)
    return world


def ids(services, asked=COMPANIES) -> list[int]:  # type: ignore[no-untyped-def]
    return [record.entry.psa_id for record in list_records(services, asked).records]


def test_the_whole_list_is_read_once_and_then_only_what_changed() -> None:
    world = world_with(5)
    services = world.services()
    ids(services)
    assert world.asked == ["entries", "with_agreements"]
    world.asked.clear()
    ids(services)
    assert world.asked == ["changes", "count", "with_agreements"]


def test_a_change_is_seen_by_the_next_list() -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    world.entries[ListKind.COMPANY][3] = entry(3, "A new name", modified_on=MODIFIED + timedelta(days=1))
    assert ids(services) == [3, 1]


def test_a_record_in_the_recycle_bin_is_gone() -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    gone = entry(1, modified_on=MODIFIED + timedelta(days=1), is_deleted=True)
    world.entries[ListKind.COMPANY][1] = gone
    assert ids(services) == [2, 3]


def test_a_record_that_was_deleted_for_good_is_noticed_by_the_number() -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    del world.entries[ListKind.COMPANY][1]
    world.asked.clear()
    assert ids(services) == [2, 3]
    assert "entries" in world.asked


def test_other_records_in_place_of_all_are_noticed() -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    old = MODIFIED - timedelta(days=900)
    world.entries[ListKind.COMPANY] = {one: entry(one, f"Other {one}", modified_on=old) for one in (7, 8, 9)}
    assert ids(services) == [7, 8]


def test_an_answer_without_the_newest_record_means_another_list(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    world.asked.clear()
    monkeypatch.setattr("tests.pull_fakes.FakeDirectory.entries_changed_since", lambda self, kind, moment: [])
    ids(services)
    assert world.asked[0] == "entries"


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ('say "hi"', "say"),
        ("100% Pure", "Pure"),
        ("a\\b [Group]", "Group"),
        ("Zürich AG", "rich AG"),
        ("O'Brien", "Brien"),
        ('"', None),
        ("é", None),
        (None, None),
    ],
)
def test_connectwise_is_asked_only_for_what_both_compare_alike(text: str | None, piece: str | None) -> None:
    assert ListFilter(ListKind.COMPANY, name=text).narrowing().name_piece == piece


def test_a_piece_of_a_greek_word_is_found_whatever_its_place_in_the_word() -> None:
    found = ListFilter(ListKind.COMPANY, name="\u039f\u0394\u039f\u03a3").matches
    assert found(entry(1, "\u039f\u0394\u039f\u03a3\u0391"))
    assert found(entry(1, "\u03bf\u03b4\u03bf\u03c2"))
    assert not found(entry(1, "\u039f\u0394\u039f"))


def test_digits_may_be_an_id_or_a_name_and_so_narrow_nothing() -> None:
    narrowing = ListFilter(ListKind.COMPANY, types=("7", "Client"), status="7").narrowing()
    assert (narrowing.types, narrowing.status) == ((), None)
    assert ListFilter(ListKind.COMPANY, types=("Client",)).narrowing().types == ("Client",)
    assert ListFilter(ListKind.COMPANY, types=('Vendor "B"',)).narrowing().types == ()


def test_after_a_mass_change_only_what_is_newer_is_read() -> None:
    world = PullWorld()
    for psa_id in range(1, 1500):
        world.entries[ListKind.COMPANY][psa_id] = entry(psa_id, f"Company {psa_id:04d}")
    services = world.services()
    ids(services)
    world.read_ids.clear()
    world.entries[ListKind.COMPANY][1200] = entry(1200, "A", modified_on=MODIFIED + timedelta(seconds=1))
    assert ids(services) == [1200, 1]
    assert set(world.read_ids) <= {1, 1200}  # 1 is what the fake returns beyond what was asked for


def test_a_number_that_never_fits_costs_one_full_read_and_not_one_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    monkeypatch.setattr("tests.pull_fakes.FakeDirectory.count", lambda self, kind: 9)
    ids(services)
    world.asked.clear()
    ids(services)
    assert "entries" not in world.asked


def test_the_list_is_forgotten_after_its_time() -> None:
    world = world_with(3)
    services = world.services()
    ids(services)
    world.base.advance(KEPT_SECONDS + 1)
    world.asked.clear()
    ids(services)
    assert world.asked[0] == "entries"


def test_a_mapping_moves_a_record_from_one_view_to_the_other() -> None:
    world = world_with(3)
    services = world.services()
    world.map_row(MappingKind.ACCOUNT, 1, "00000000-0000-4000-8000-000000000001")
    assert ids(services) == [2, 3]
    (mapped,) = list_records(services, replace(COMPANIES, view="mapped")).records
    assert mapped.entry.psa_id == 1
    assert mapped.mapping is not None
    assert mapped.mapping.source_id == "00000000-0000-4000-8000-000000000001"


def test_a_mapping_of_another_connector_does_not_count() -> None:
    world = world_with(1)
    other = world.map_row(MappingKind.ACCOUNT, 1, "00000000-0000-4000-8000-000000000001")
    world.mappings[other.id] = replace(other, connector_id="99999999-8888-4888-8888-000000000001")
    assert ids(world.services()) == [1]


def test_companies_say_whether_they_have_agreements() -> None:
    world = world_with(2)
    world.entries[ListKind.AGREEMENT][50] = entry(50, company=Named(2, "Company 002"))
    page = list_records(world.services(), COMPANIES)
    assert [record.has_agreements for record in page.records] == [False, True]


def test_a_cursor_of_another_list_is_refused() -> None:
    services = world_with(5).services()
    cursor = list_records(services, COMPANIES).next_cursor
    with pytest.raises(CursorInvalid):
        list_records(services, replace(COMPANIES, sort="-name", cursor=cursor))


@pytest.mark.parametrize(
    "text", ["", "x", "W10", "bnVsbA", "WzEsMiwzLDQsNV0", "é", "a" * 999, pytest.param("W1tb" * 500, id="deep JSON")]
)
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        list_records(world_with(1).services(), replace(COMPANIES, cursor=text))


def test_a_cursor_goes_on_in_another_process() -> None:
    world = world_with(5)
    cursor = list_records(world.services(), COMPANIES).next_cursor
    assert ids(world.services(), replace(COMPANIES, cursor=cursor)) == [3, 4]


def test_a_connector_that_does_not_exist_is_refused() -> None:
    world = world_with(1)
    world.base.connectors.clear()
    with pytest.raises(RecordRejected, match="does not exist"):
        list_records(world.services(), COMPANIES)
