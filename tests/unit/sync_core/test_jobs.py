"""State of a job, keys of requests, and how chunks are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.records import AgreementId
from dataverse.psasync.records import EntraObjectId, ItemOutcome, JobState, OutcomeCounts
from sync_core.jobs import chunks_by_agreement, request_hash, request_key, state_from_counts

pytestmark = pytest.mark.unit

ME, YOU = EntraObjectId("33333333-3333-4333-8333-000000000001"), EntraObjectId("33333333-3333-4333-8333-000000000002")


@pytest.mark.parametrize(
    ("outcomes", "stored", "state"),
    [
        ({ItemOutcome.PENDING: 2}, JobState.QUEUED, JobState.QUEUED),
        ({ItemOutcome.PENDING: 2}, JobState.RUNNING, JobState.RUNNING),
        ({ItemOutcome.PENDING: 1, ItemOutcome.CREATED: 1}, JobState.QUEUED, JobState.RUNNING),
        ({ItemOutcome.UNKNOWN: 1}, JobState.QUEUED, JobState.RUNNING),
        ({ItemOutcome.UNKNOWN: 1, ItemOutcome.FAILED: 1}, JobState.FAILED, JobState.RUNNING),
        ({ItemOutcome.CREATED: 2, ItemOutcome.SKIPPED: 1}, JobState.RUNNING, JobState.SUCCEEDED),
        ({ItemOutcome.SKIPPED: 1}, JobState.RUNNING, JobState.SUCCEEDED),
        ({ItemOutcome.CREATED: 2, ItemOutcome.FAILED: 1}, JobState.RUNNING, JobState.PARTLY_FAILED),
        ({ItemOutcome.FAILED: 2}, JobState.RUNNING, JobState.FAILED),
        ({ItemOutcome.UNKNOWN: 1}, JobState.CANCELLED, JobState.CANCELLED),
        ({ItemOutcome.PENDING: 1}, JobState.PREPARING, JobState.PREPARING),
        ({}, JobState.FAILED, JobState.FAILED),
    ],
)
def test_the_items_prove_the_state(outcomes: dict[ItemOutcome, int], stored: JobState, state: JobState) -> None:
    assert state_from_counts(OutcomeCounts(outcomes), stored) is state


def test_two_people_with_one_idempotency_key_have_different_jobs() -> None:
    assert request_key(ME, "1") != request_key(YOU, "1")


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_request_key_tells_any_two_keys_apart(one: str, other: str) -> None:
    assert (request_key(ME, one) == request_key(ME, other)) == (one == other)


def test_the_hash_depends_on_what_was_asked_for_and_not_on_the_order_of_members() -> None:
    assert request_hash({"a": 1, "b": [2]}) == request_hash({"b": [2], "a": 1}) != request_hash({"a": 1, "b": [3]})


@given(
    sizes=st.lists(st.integers(1, 450), max_size=12),
    chunk_lines=st.integers(1, 200),
)
def test_chunks_keep_every_entry_once_in_order_and_never_exceed_their_size(sizes: list[int], chunk_lines: int) -> None:
    entries = [
        ((agreement, line), AgreementId(agreement)) for agreement, size in enumerate(sizes) for line in range(size)
    ]
    chunks = chunks_by_agreement(entries, chunk_lines=chunk_lines)
    assert [entry for chunk in chunks for entry in chunk] == [entry for entry, _ in entries]
    assert all(0 < len(chunk) <= chunk_lines for chunk in chunks)


@given(sizes=st.lists(st.integers(1, 200), max_size=12))
def test_an_agreement_that_fits_into_a_chunk_is_not_split(sizes: list[int]) -> None:
    entries = [(agreement, AgreementId(agreement)) for agreement, size in enumerate(sizes) for _ in range(size)]
    chunks = chunks_by_agreement(entries, chunk_lines=200)
    homes = {agreement: [chunk for chunk in chunks if agreement in chunk] for agreement, _ in entries}
    assert all(len(of_agreement) == 1 for of_agreement in homes.values())


def test_a_thousand_lines_on_twenty_agreements_are_five_chunks() -> None:
    entries = [(number, AgreementId(number % 20)) for number in range(1000)]
    assert [len(chunk) for chunk in chunks_by_agreement(entries, chunk_lines=200)] == [200] * 5
