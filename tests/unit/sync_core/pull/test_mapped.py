"""The set of mapped records, kept fresh by what changed."""

from collections import deque

import pytest

from dataverse.psasync.records import (
    ConnectorId,
    MappedRecord,
    MappingChanges,
    MappingId,
    MappingKind,
    MappingStatus,
    SourceId,
)
from sync_core.pull.mapped import MappedSet
from tests import builders

pytestmark = pytest.mark.unit


class Feed:
    """Answers from a script; an exception is raised."""

    def __init__(self, *script: MappingChanges | Exception) -> None:
        self.script = deque(script)
        self.asked: list[str | None] = []

    def follow(self, delta_link: str | None) -> MappingChanges:
        self.asked.append(delta_link)
        answer = self.script.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer


def record(number: int, psa_id: int | None, connector_id: ConnectorId = builders.CONNECTOR_ID) -> MappedRecord:
    return MappedRecord(
        MappingId(f"mapping-{number}"),
        connector_id,
        MappingKind.ACCOUNT,
        SourceId(f"row-{number}"),
        psa_id,
        MappingStatus.SYNCED,
        "",
    )


def changes(
    *records: MappedRecord, gone: tuple[str, ...] = (), link: str = "a", is_full: bool = False
) -> MappingChanges:
    return MappingChanges(records, frozenset(map(MappingId, gone)), link, is_full)


def rows(mapped: MappedSet) -> dict[int, str]:
    joined = mapped.by_psa_id(builders.CONNECTOR_ID, MappingKind.ACCOUNT)
    return {psa_id: one.source_id for psa_id, one in joined.items()}


def test_changes_add_move_and_remove() -> None:
    mapped = MappedSet(
        Feed(
            changes(record(1, 10), record(2, 20), record(3, None), is_full=True),
            changes(record(1, 11), record(3, 30), gone=("mapping-2", "of-another-kind")),
            changes(record(3, None)),
        )
    )
    assert rows(mapped) == {10: "row-1", 20: "row-2"}
    assert rows(mapped) == {11: "row-1", 30: "row-3"}
    assert rows(mapped) == {11: "row-1"}


def test_a_full_answer_replaces_everything() -> None:
    mapped = MappedSet(Feed(changes(record(1, 10), is_full=True), changes(record(2, 20), is_full=True)))
    rows(mapped)
    assert rows(mapped) == {20: "row-2"}


def test_of_two_rows_joined_to_one_record_the_other_stays() -> None:
    mapped = MappedSet(Feed(changes(record(1, 10), record(2, 10), is_full=True), changes(gone=("mapping-1",))))
    assert rows(mapped) == {10: "row-1"}
    assert rows(mapped) == {10: "row-2"}


def test_another_connector_has_its_own() -> None:
    other = ConnectorId("99999999-8888-4888-8888-000000000001")
    mapped = MappedSet(Feed(changes(record(1, 10, other), is_full=True)))
    assert rows(mapped) == {}


def test_what_failed_is_asked_for_again() -> None:
    feed = Feed(changes(link="a", is_full=True), ConnectionError(), changes(record(1, 10), link="b"), changes(link="c"))
    mapped = MappedSet(feed)
    rows(mapped)
    with pytest.raises(ConnectionError):
        rows(mapped)
    assert rows(mapped) == {10: "row-1"}
    rows(mapped)
    assert feed.asked == [None, "a", "a", "b"]
