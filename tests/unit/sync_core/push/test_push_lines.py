"""The push of invoice lines: does it, does it twice, refuses with the exact sentence, survives what goes wrong."""

from dataclasses import replace
from decimal import Decimal

import pytest

from connectwise import errors as cw
from connectwise.records import AgreementId
from dataverse.psasync.records import ItemOutcome, JobState, MappingKind, MappingStatus, SourceId
from dataverse.work365.records import InvoiceId
from sync_core.jobs import state_from_counts
from sync_core.push.chunk import run_chunk
from sync_core.push.submit import submit_push
from sync_core.work.chunk import UnknownChunk
from tests import builders
from tests.fakes import Posting, line_id_number, world_of
from tests.unit.sync_core.push.driving import deliver, push_request, run_until_settled, save

pytestmark = pytest.mark.unit

LINE = line_id_number(0)


def refusal(message: str = "Bad quantity", field: str = "quantity") -> cw.RequestInvalid:
    return cw.RequestInvalid(
        method="POST",
        path="additions",
        status=400,
        code="InvalidObject",
        vendor_message="Addition object is invalid",
        field_errors=(cw.FieldError("InvalidField", message, "Addition", field), cw.FieldError("X", "And more.")),
    )


def test_each_line_becomes_one_addition_and_is_synced_with_a_message() -> None:
    world = world_of(lines=3, agreements=2)
    job_id = save(world)
    for number in range(3):
        line_id = line_id_number(number)
        (addition,) = world.additions_of_line(line_id)
        assert addition.quantity * addition.unit_price == Decimal("120.00")
        mapping = world.mapping_of(line_id)
        assert mapping is not None
        assert (mapping.status, mapping.psa_id, mapping.pushed_amount) == (
            MappingStatus.SYNCED,
            addition.id,
            Decimal("120.00"),
        )
        assert mapping.claimed_until is None
        assert world.mirrors[line_id].status == "Synced"
        assert world.mirrors[line_id].message == (
            f'Added to agreement "Contoso CSP" as addition {addition.id}: 10 x 12.00.'
        )
    assert [item.outcome for item in world.items_of(job_id)] == [ItemOutcome.CREATED] * 3
    assert world.jobs[job_id].state == JobState.SUCCEEDED
    assert world.jobs[job_id].ended_on is not None


def test_the_first_post_follows_claim_and_look_up() -> None:
    world = world_of(lines=1)
    save(world)
    calls = world.faults.calls
    assert calls.index("ledger.claim") < calls.index("psa.additions") < calls.index("psa.create_addition")
    assert calls.index("psa.create_addition") < calls.index("ledger.settle") < calls.index("work365.mirror_lines")
    assert calls.index("work365.mirror_lines") < calls.index("jobs.settle_items")


def test_a_chunk_is_read_claimed_and_settled_in_a_handful_of_calls() -> None:
    world = world_of(lines=25, agreements=1)
    save(world)
    calls = [name for name in world.faults.calls if name != "psa.create_addition"]
    assert len(calls) <= 22
    assert world.faults.calls.count("psa.create_addition") == 25
    assert world.faults.calls.count("psa.additions") == 1


def test_the_same_key_returns_the_same_job_and_posts_nothing_again() -> None:
    world = world_of(lines=2)
    assert save(world, key="a") == save(world, key="a")
    assert len(world.posts) == 2


def test_a_key_that_was_used_for_something_else_is_refused() -> None:
    world = world_of(lines=2)
    save(world, [LINE], key="a")
    with pytest.raises(Exception, match="used for another selection; save again with a new key"):
        save(world, [line_id_number(1)], key="a")


def test_pushing_a_synced_line_again_makes_no_call_to_connectwise() -> None:
    world = world_of(lines=1)
    save(world, key="a")
    world.faults.calls.clear()
    job_id = save(world, key="b")
    assert not [name for name in world.faults.calls if name.startswith("psa.")]
    (item,) = world.items_of(job_id)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "already_synced")
    assert world.jobs[job_id].state == JobState.SUCCEEDED


def test_an_invoice_stands_for_all_its_lines_in_line_order() -> None:
    world = world_of(lines=4, agreements=2)
    invoice_id = InvoiceId("b0000000-0000-4000-8000-000000000001")
    job_id = submit_push(world.services(), push_request([invoice_id], kind="invoice"))
    assert [item.source_id for item in world.items_of(job_id)] == [line_id_number(1), line_id_number(3)]
    assert {item.invoice_id for item in world.items_of(job_id)} == {invoice_id}


def test_an_unknown_line_fails_with_a_sentence_and_the_rest_go_on() -> None:
    world = world_of(lines=2)
    foreign = line_id_number(99)
    job_id = save(world, [foreign, LINE])
    by_id = {item.source_id: item for item in world.items_of(job_id)}
    assert by_id[SourceId(foreign)].outcome is ItemOutcome.FAILED
    assert by_id[SourceId(foreign)].message == (
        "This invoice line does not exist in Work 365 or you may not read it; refresh the list and select it again."
    )
    assert by_id[SourceId(LINE)].outcome is ItemOutcome.CREATED
    assert world.jobs[job_id].state == JobState.PARTLY_FAILED
    assert (MappingKind.INVOICE_LINE, SourceId(foreign)) not in world.mappings


def test_an_unknown_invoice_fails_with_a_sentence_and_an_empty_one_is_skipped() -> None:
    world = world_of(lines=1, agreements=2)
    unknown, empty = "b0000000-0000-4000-8000-00000000dead", "b0000000-0000-4000-8000-000000000001"
    job_id = submit_push(world.services(), push_request([unknown, empty], kind="invoice"))
    codes = {item.source_id: (item.outcome, item.code) for item in world.items_of(job_id)}
    assert codes[SourceId(unknown)] == (ItemOutcome.FAILED, "invoice_not_found")
    assert codes[SourceId(empty)] == (ItemOutcome.SKIPPED, "invoice_without_lines")


def test_a_record_that_is_selected_twice_is_pushed_once() -> None:
    world = world_of(lines=1)
    job_id = save(world, [LINE, LINE])
    assert len(world.items_of(job_id)) == 1
    assert len(world.posts) == 1


def test_a_rule_that_forbids_the_push_skips_the_line_and_says_so_in_work365() -> None:
    world = world_of(lines=1)
    agreement_id = AgreementId(builders.AGREEMENT_PSA_ID)
    world.agreements[agreement_id] = builders.agreement(prorate_flag=True)
    job_id = save(world)
    (item,) = world.items_of(job_id)
    assert item.outcome is ItemOutcome.SKIPPED
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.SKIPPED
    assert world.mirrors[LINE].status == "Skipped"
    assert world.mirrors[LINE].message == item.message
    assert not world.posts


def test_a_refused_line_fails_with_every_message_of_connectwise_and_the_next_goes_on() -> None:
    world = world_of(lines=2)
    world.posting = lambda _, addition: Posting(refusal() if addition.serial_number == LINE else "created")
    job_id = save(world)
    first, second = world.items_of(job_id)
    assert first.outcome is ItemOutcome.FAILED
    assert first.message == "ConnectWise refused this record: Bad quantity (quantity); And more."
    assert second.outcome is ItemOutcome.CREATED
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.FAILED


def test_a_failed_line_is_pushed_by_the_next_save() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting(refusal())
    save(world, key="a")
    world.posting = lambda _, addition: Posting()
    job_id = save(world, key="b")
    assert world.items_of(job_id)[0].outcome is ItemOutcome.CREATED
    assert len(world.additions_of_line(LINE)) == 1


def test_a_lost_answer_is_unknown_until_t_has_passed_and_is_then_adopted() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("lost")
    job_id = save(world)
    (item,) = world.items_of(job_id)
    assert item.outcome is ItemOutcome.UNKNOWN
    assert state_from_counts(world.services().jobs.read(job_id)[1], world.jobs[job_id].state) is JobState.RUNNING  # type: ignore[index]
    world.advance(world.timing.post_commit - 1)
    deliver(world)
    assert world.items_of(job_id)[0].outcome is ItemOutcome.UNKNOWN
    run_until_settled(world)
    (item,) = world.items_of(job_id)
    assert item.outcome is ItemOutcome.CREATED
    assert "nothing was added" in item.message
    assert len(world.posts) == 1


def test_an_addition_that_is_committed_after_the_client_gave_up_is_not_posted_again() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("late", delay=world.timing.post_commit - 1)
    save(world)
    run_until_settled(world, step=1.0, rounds=400)
    assert len(world.additions_of_line(LINE)) == 1
    assert len(world.posts) == 1


def test_a_post_that_never_arrived_is_posted_again_after_the_look_up() -> None:
    world = world_of(lines=1)
    lost = cw.ServerFault(method="POST", path="additions", status=503)
    answers = iter([Posting(lost), Posting()])
    world.posting = lambda _, addition: next(answers)
    save(world)
    run_until_settled(world)
    assert len(world.posts) == 2
    assert len(world.additions_of_line(LINE)) == 1


def test_a_line_in_doubt_is_looked_up_even_when_it_may_not_be_pushed_any_more() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("lost")
    job_id = save(world)
    del world.lines[LINE]
    run_until_settled(world)
    (item,) = world.items_of(job_id)
    assert item.outcome is ItemOutcome.CREATED
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.SYNCED


def test_a_line_in_doubt_is_looked_up_where_its_post_went_although_the_contract_was_mapped_anew() -> None:
    world = world_of(lines=1, agreements=2)
    world.posting = lambda _, addition: Posting("lost")
    save(world)
    contract = SourceId("c0000000-0000-4000-8000-000000000000")
    row = world.mappings[MappingKind.BILLING_CONTRACT, contract]
    world.mappings[MappingKind.BILLING_CONTRACT, contract] = replace(row, psa_id=builders.AGREEMENT_PSA_ID + 1)
    run_until_settled(world)
    assert len(world.posts) == 1
    assert len(world.additions_of_line(LINE)) == 1


def test_a_line_in_doubt_that_is_not_found_goes_to_the_agreement_that_is_mapped_now() -> None:
    world = world_of(lines=1, agreements=2)
    answers = iter([Posting(cw.ServerFault(method="POST", path="additions", status=502)), Posting()])
    world.posting = lambda _, addition: next(answers)
    save(world)
    contract = SourceId("c0000000-0000-4000-8000-000000000000")
    row = world.mappings[MappingKind.BILLING_CONTRACT, contract]
    world.mappings[MappingKind.BILLING_CONTRACT, contract] = replace(row, psa_id=builders.AGREEMENT_PSA_ID + 1)
    deliver(world)
    world.advance(world.timing.post_commit + 10)
    deliver(world)
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    # Released first: the claim of the next run writes down where its POST goes.
    assert (mapping.status, len(world.posts)) == (MappingStatus.PENDING, 1)
    run_until_settled(world)
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.psa_parent_id == builders.AGREEMENT_PSA_ID + 1
    assert len(world.additions[AgreementId(builders.AGREEMENT_PSA_ID + 1)]) == 1
    assert not world.additions.get(AgreementId(builders.AGREEMENT_PSA_ID))


def test_a_doubtful_line_whose_agreement_was_deleted_is_settled_because_no_addition_can_exist() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting(cw.ServerFault(method="POST", path="additions", status=502))
    job_id = save(world)
    gone = cw.RecordNotFound(method="GET", path="additions", status=404, vendor_message="Agreement 412 not found")
    world.psa_fault = lambda method: gone if method == "additions" else None
    run_until_settled(world)
    assert world.items_of(job_id)[0].outcome is ItemOutcome.FAILED


def test_wrong_keys_stop_the_job_and_all_open_items_carry_the_same_sentence() -> None:
    world = world_of(lines=60, agreements=3, chunk_lines=20)
    job_id = save(world)
    refused = cw.CredentialsRefused(method="GET", path="agreements", status=401)
    world.psa_fault = lambda method: refused
    deliver(world)
    assert {item.outcome for item in world.items_of(job_id)} == {ItemOutcome.FAILED}
    assert {item.message for item in world.items_of(job_id)} == {
        "ConnectWise refused the API keys; enter valid keys for this connector and try again."
    }
    assert world.jobs[job_id].state == JobState.FAILED
    assert not world.posts
    assert not world.queue


def test_a_permission_that_is_missing_for_the_post_stops_the_job_after_the_first_line() -> None:
    world = world_of(lines=5)
    denied = cw.PermissionDenied(method="POST", path="additions", status=403)
    world.posting = lambda _, addition: Posting(denied)
    job_id = save(world)
    assert len(world.posts) == 1
    assert {item.outcome for item in world.items_of(job_id)} == {ItemOutcome.FAILED}
    assert len({item.message for item in world.items_of(job_id)}) == 1
    assert world.jobs[job_id].message == world.items_of(job_id)[0].message


def test_a_long_rate_limit_leaves_the_rest_pending_and_sends_the_chunk_again_when_told() -> None:
    world = world_of(lines=3)
    limited = cw.RateLimited(method="POST", path="additions", status=429, retry_after=90.0)
    answers = iter([Posting(), Posting(limited), Posting(), Posting(), Posting()])
    world.posting = lambda _, addition: next(answers)
    job_id = save(world)
    assert [item.outcome for item in world.items_of(job_id)] == [
        ItemOutcome.CREATED,
        ItemOutcome.PENDING,
        ItemOutcome.PENDING,
    ]
    ((due, _, _),) = world.queue
    assert due == pytest.approx(90.0)
    mapping = world.mapping_of(line_id_number(1))
    assert mapping is not None
    assert mapping.status is MappingStatus.PENDING
    run_until_settled(world)
    assert {item.outcome for item in world.items_of(job_id)} == {ItemOutcome.CREATED}
    assert all(len(world.additions_of_line(line_id_number(number))) == 1 for number in range(3))


def test_nothing_is_sent_once_a_taker_of_the_claim_could_meet_a_late_commit() -> None:
    world = world_of(lines=3, lease=300.0, post_commit=120.0)
    world.posting = lambda _, addition: Posting(takes=170.0)
    job_id = save(world)
    # Window: 300 - 120 - 2 s from the claim; the second POST starts at 170 s, the third would start at 340 s.
    assert len(world.posts) == 2
    assert world.items_of(job_id)[2].outcome is ItemOutcome.PENDING
    run_until_settled(world)
    assert {item.outcome for item in world.items_of(job_id)} == {ItemOutcome.CREATED}
    assert len(world.posts) == 3


def test_a_refused_mirror_leaves_the_line_synced_with_a_note() -> None:
    world = world_of(lines=1)
    world.read_only_lines.add(LINE)
    job_id = save(world)
    (item,) = world.items_of(job_id)
    assert item.outcome is ItemOutcome.CREATED
    assert item.message.endswith("Work 365 could not be updated: The invoice is read-only.")
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.SYNCED
    assert mapping.status_message == item.message


def test_two_jobs_on_one_line_at_once_make_one_addition() -> None:
    """F8: the second worker finds the row held and leaves the line alone."""
    world = world_of(lines=1)
    first = submit_push(world.services(), push_request([LINE], key="a"))
    world.additions.clear()
    world.posts.clear()
    world.mappings.pop((MappingKind.INVOICE_LINE, SourceId(LINE)))
    held_by_first = builders.mapping(
        MappingKind.INVOICE_LINE,
        source_id=SourceId(LINE),
        status=MappingStatus.SYNCING,
        psa_id=None,
        claimed_by=f"{first}/run",
        claimed_until=world.server_now.replace(hour=10),
        pushed_amount=None,
    )
    world.mappings[MappingKind.INVOICE_LINE, SourceId(LINE)] = held_by_first
    job_id = save(world, key="b")
    assert not world.posts
    assert world.items_of(job_id)[0].outcome is ItemOutcome.PENDING
    assert world.mapping_of(LINE) == held_by_first


def test_a_line_that_was_changed_after_the_push_is_flagged_and_not_edited() -> None:
    world = world_of(lines=1)
    save(world, key="a")
    world.lines[LINE] = replace(world.lines[LINE], base_amount=Decimal("132.00"), quantity=Decimal(11))
    job_id = save(world, key="b")
    (item,) = world.items_of(job_id)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "changed_after_sync")
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.CHANGED_AFTER_SYNC
    assert mapping.pushed_amount == Decimal("120.00")
    assert world.mirrors[LINE].status == "Changed After Sync"
    assert len(world.posts) == 1
    world.lines[LINE] = replace(world.lines[LINE], base_amount=Decimal("120.00"), quantity=Decimal(10))
    save(world, key="c")
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert mapping.status is MappingStatus.SYNCED


def test_an_adopted_addition_that_bills_another_amount_is_flagged() -> None:
    world = world_of(lines=1)
    world.posting = lambda _, addition: Posting("lost")
    save(world)
    world.lines[LINE] = replace(world.lines[LINE], base_amount=Decimal("132.00"), quantity=Decimal(11))
    run_until_settled(world)
    mapping = world.mapping_of(LINE)
    assert mapping is not None
    assert (mapping.status, mapping.pushed_amount) == (MappingStatus.CHANGED_AFTER_SYNC, Decimal("120.00"))
    assert "The line amounts to 132.00 now" in (mapping.status_message or "")


def test_copies_of_one_marker_are_reported_and_the_oldest_is_adopted() -> None:
    world = world_of(lines=1)
    copies = [builders.addition(id=number, serial_number=LINE) for number in (8002, 8001)]
    world.additions[AgreementId(builders.AGREEMENT_PSA_ID)] = copies
    job_id = save(world)
    (item,) = world.items_of(job_id)
    assert item.psa_id == 8001
    assert "2 times" in item.message
    assert not world.posts


def test_the_difference_to_the_preview_is_reported() -> None:
    world = world_of(lines=1)
    request = push_request([LINE], previewed_amounts={LINE: Decimal("118.00")})
    job_id = submit_push(world.services(), request)
    assert world.items_of(job_id)[0].message.endswith(
        "The preview showed 118.00; the line was changed since, the difference is 2.00."
    )


def test_each_write_to_connectwise_is_logged_with_who_and_what() -> None:
    world = world_of(lines=2)
    world.posting = lambda _, addition: Posting(refusal() if addition.serial_number == LINE else "created")
    save(world)
    refused, posted, *_ = world.log
    assert (refused.who, refused.source_id, refused.vendor_status) == (builders.USER_ID, LINE, 400)
    assert "Bad quantity" in (refused.after or "")
    assert (posted.what, posted.vendor_status) == (f"posted addition of agreement {builders.AGREEMENT_PSA_ID}", 201)
    assert '"unitPrice": "12.00"' in (posted.after or "")


def test_more_than_the_inline_limit_goes_through_the_queue() -> None:
    world = world_of(lines=26)
    job_id = save(world)
    assert not world.posts
    assert len(world.queue) == 1
    deliver(world)
    assert world.jobs[job_id].state == JobState.SUCCEEDED
    assert len(world.posts) == 26


def test_exactly_the_inline_limit_runs_in_the_request() -> None:
    world = world_of(lines=25)
    save(world)
    assert len(world.posts) == 25
    assert not world.queue


def test_a_message_that_is_not_ours_is_a_bug_and_not_a_silent_success() -> None:
    world = world_of(lines=1)
    job_id = save(world)
    with pytest.raises(UnknownChunk):
        run_chunk(world.services(), builders.JOB_ID, 0)
    with pytest.raises(UnknownChunk):
        run_chunk(world.services(), job_id, 7)


def test_a_message_that_is_delivered_again_after_the_work_is_done_changes_nothing() -> None:
    world = world_of(lines=2)
    job_id = save(world)
    before = (dict(world.mappings), list(world.items_of(job_id)))
    run_chunk(world.services(), job_id, 0)
    assert (dict(world.mappings), list(world.items_of(job_id))) == before
    assert len(world.posts) == 2


def test_a_connector_that_was_deleted_stops_the_job() -> None:
    world = world_of(lines=26)
    job_id = save(world)
    world.connectors.clear()
    deliver(world)
    assert {item.code for item in world.items_of(job_id)} == {"connector_missing"}


def test_a_cancelled_job_sends_nothing_more_but_follows_what_is_unknown() -> None:
    world = world_of(lines=2)
    world.posting = lambda _, addition: Posting("lost")
    job_id = save(world)
    world.jobs[job_id] = replace(world.jobs[job_id], state=JobState.CANCELLED)
    run_until_settled(world)
    assert {item.outcome for item in world.items_of(job_id)} == {ItemOutcome.CREATED}
    assert world.jobs[job_id].state == JobState.CANCELLED
