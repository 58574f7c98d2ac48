"""A billing contract becomes an agreement of the company of its account: one, although names are not unique."""

from dataclasses import replace
from datetime import date

import pytest

from connectwise.creation.records import NewAgreement
from dataverse.psasync.records import ItemOutcome, JobState, MappingKind, MappingStatus
from sync_core.prerequisites import Prerequisite, prerequisite_from
from sync_core.push_rows.wishes import RowWish
from tests.push_rows_fakes import Answer, RowsWorld, account, company, contract, mapped, rows_world
from tests.unit.sync_core.push_rows.saving import deliver, mirrored, preview, run_until_settled, save

pytestmark = pytest.mark.unit

CONTRACT, ACCOUNT = MappingKind.BILLING_CONTRACT, MappingKind.ACCOUNT


def world_with_customer(*numbers: int) -> RowsWorld:
    world = rows_world(*(contract(number) for number in numbers or (1,)))
    for number in numbers or (1,):
        made = company(world, 300 + number)
        mapped(world, ACCOUNT, account(number).id, made.id, psa_name=made.name)
    return world


def sent(world: RowsWorld) -> NewAgreement:
    (agreement,) = world.tenant.sent
    assert isinstance(agreement, NewAgreement)
    return agreement


def test_a_contract_becomes_an_agreement_with_the_connectors_defaults() -> None:
    world = world_with_customer()
    (item,) = save(world, "billing_contract")
    agreement = sent(world)
    assert item.outcome is ItemOutcome.CREATED
    assert item.message == 'Created in ConnectWise as agreement "BC-001" of the company "Company 301".'
    assert (agreement.type_id, agreement.company_id, agreement.contact_id) == (12, 301, 1301)
    assert (agreement.start_date, agreement.end_date, agreement.is_one_time) == (date(2026, 1, 1), None, False)
    assert agreement.billing_cycle_id == 2
    record = world.mapping(CONTRACT, contract().id)
    assert record is not None
    assert (record.psa_id, record.psa_parent_id) == (world.tenant.agreements[0].id, 301)
    assert mirrored(world, "billing_contract")


@pytest.mark.parametrize("choice", [True, False])
def test_a_person_chooses_whether_the_agreement_is_one_time(choice: bool) -> None:
    world = world_with_customer()
    save(world, "billing_contract", [RowWish(contract().id, "create", one_time=choice)])
    assert sent(world).is_one_time is choice


@pytest.mark.parametrize("answer", ["lost", "late"])
def test_a_lost_answer_leads_to_one_agreement(answer: Answer) -> None:
    world = world_with_customer()
    answers = [answer]
    world.tenant.answering = lambda record: answers.pop() if answers else "created"
    save(world, "billing_contract")
    run_until_settled(world)
    assert len(world.tenant.agreements) == len(world.tenant.sent) == 1
    record = world.mapping(CONTRACT, contract().id)
    assert record is not None
    assert record.psa_id == world.tenant.agreements[0].id


def test_an_agreement_is_found_where_it_was_made_although_the_account_was_mapped_anew() -> None:
    world = world_with_customer()
    world.tenant.answering = lambda record: "lost"
    save(world, "billing_contract")
    other = company(world, 999)
    mapped(world, ACCOUNT, account().id, other.id, etag='W/"9"')
    run_until_settled(world)
    assert len(world.tenant.agreements) == 1
    record = world.mapping(CONTRACT, contract().id)
    assert record is not None
    assert record.psa_id == world.tenant.agreements[0].id


def test_unmapped_and_saved_again_the_agreement_is_found_by_its_marker() -> None:
    world = world_with_customer()
    save(world, "billing_contract")
    del world.world.mappings[CONTRACT, contract().id]
    (item,) = save(world, "billing_contract", key="key-2")
    assert item.outcome is ItemOutcome.CREATED
    assert len(world.tenant.agreements) == 1


def test_an_unmapped_account_is_the_missing_step() -> None:
    world = rows_world(contract())
    (planned,) = preview(world, "billing_contract")
    (item,) = save(world, "billing_contract")
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "account_not_mapped")
    assert item.message == 'The account "Customer 1" is not mapped; map it on the Customers tab first.'
    assert planned.plan.objection is not None
    assert planned.plan.objection.prerequisite == Prerequisite("account", account().id, "Customer 1")
    assert prerequisite_from(item.prerequisite) == planned.plan.objection.prerequisite


def test_a_contract_without_customer_says_so() -> None:
    world = rows_world(contract(account_id=None))
    (item,) = save(world, "billing_contract")
    assert (item.code, item.message) == (
        "contract_without_account",
        'The billing contract "BC-001" has no customer; choose one in Work 365 and save again.',
    )


def test_a_company_without_contact_or_in_the_recycle_bin_blocks() -> None:
    world = rows_world(contract(1), contract(2))
    without = company(world, 301, default_contact_id=None)
    deleted = company(world, 302, is_deleted=True)
    mapped(world, ACCOUNT, account(1).id, without.id, psa_name=without.name)
    mapped(world, ACCOUNT, account(2).id, deleted.id, psa_name=deleted.name)
    first, second = save(world, "billing_contract")
    assert (first.code, second.code) == ("company_without_contact", "company_deleted")
    assert first.message == (
        'The company "Company 301" has no default contact, which agreements need; set one in ConnectWise and save '
        "again."
    )
    assert prerequisite_from(first.prerequisite) == Prerequisite("contact", account(1).id, "Customer 1")
    assert not world.tenant.sent


def test_sixty_contracts_need_sixty_posts_and_two_reads() -> None:
    world = world_with_customer(*range(1, 61))
    world.world.faults.calls.clear()
    save(world, "billing_contract")
    deliver(world)
    reads = [call for call in world.world.faults.calls if call.startswith(("psa.", "targets."))]
    assert sorted(reads) == ["psa.agreements_of", "psa.companies", *["psa.create_agreement"] * 60]
    run_until_settled(world)
    assert len(world.tenant.sent) == 60
    assert len(world.tenant.agreements) == 60


def test_a_cancelled_job_looks_for_what_it_left_in_doubt_and_creates_nothing_more() -> None:
    world = world_with_customer(1, 2)
    world.tenant.answering = lambda record: "late"
    world.tenant.late_by = 1_000_000.0
    items = save(world, "billing_contract")
    job_id = items[0].job_id
    world.world.jobs[job_id] = replace(world.world.jobs[job_id], state=JobState.CANCELLED)
    before = len(world.tenant.sent)
    run_until_settled(world)
    assert len(world.tenant.sent) == before
    assert {item.outcome for item in world.world.items_of(job_id)} == {ItemOutcome.SKIPPED}
    record = world.mapping(CONTRACT, contract(1).id)
    assert record is not None
    assert record.status is MappingStatus.SKIPPED


def test_a_contract_that_has_ended_is_warned_about() -> None:
    world = world_with_customer()
    world.rows[contract().id] = contract(end_date=date(2026, 3, 1))
    (planned,) = preview(world, "billing_contract")
    assert any("ended" in warning for warning in planned.plan.warnings)
