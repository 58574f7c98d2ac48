"""An account becomes a company with a default contact; whatever fails in between, never a second company."""

from dataclasses import replace

import pytest

from connectwise.creation.records import NewCompany, NewContact, StoredContact
from connectwise.directory.records import ContactId
from connectwise.errors import NoAnswer, PermissionDenied, RequestInvalid, ServerFault
from dataverse.psasync.records import ItemOutcome, MappingKind, MappingStatus
from sync_core.prerequisites import prerequisite_from
from tests.push_rows_fakes import Answer, account, company, mapped, refused, rows_world
from tests.unit.sync_core.push_rows.saving import mirrored, preview, run_until_settled, save

pytestmark = pytest.mark.unit

ACCOUNT = MappingKind.ACCOUNT


def test_an_account_becomes_a_company_with_its_default_contact_in_two_writes() -> None:
    world = rows_world(account())
    (item,) = save(world, "account")
    (made,) = world.tenant.companies
    (person,) = world.tenant.contacts
    assert (item.outcome, item.psa_id) == (ItemOutcome.CREATED, made.id)
    assert item.message.startswith(
        'Created in ConnectWise as company "Customer 1" (CUSTOMER1) with the default contact "Ada Lovelace 1".'
    )
    assert made.default_contact_id == person.id
    assert [type(record) for record in world.tenant.sent] == [NewCompany, NewContact]
    record = world.mapping(ACCOUNT, account().id)
    assert record is not None
    assert (record.status, record.psa_id, record.psa_name) == (MappingStatus.SYNCED, made.id, "Customer 1")
    assert record.psa_link == f"https://psa.example/account/{made.id}"
    assert mirrored(world, "account")


def test_a_contact_that_did_not_become_the_default_one_is_chosen() -> None:
    world = rows_world(account())
    world.tenant.makes_default = False
    save(world, "account")
    assert world.tenant.companies[0].default_contact_id == world.tenant.contacts[0].id
    assert [entry.what for entry in world.world.log] == [
        "created company",
        "created contact",
        "changed default contact",
        "wrote columns of account",
    ]


def test_an_account_without_primary_contact_leaves_nothing_behind() -> None:
    world = rows_world(account(contact=None))
    (item,) = save(world, "account")
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "account_without_contact")
    assert item.message == (
        'The account "Customer 1" has no primary contact, which ConnectWise needs; set one in Work 365 and save again.'
    )
    step = prerequisite_from(item.prerequisite)
    assert step is not None
    assert (step.step, step.source_id, step.name) == ("contact", account().id, "Customer 1")
    assert not world.tenant.sent
    assert world.mapping(ACCOUNT, account().id) is None


def test_a_company_whose_contact_is_refused_is_completed_by_the_next_save() -> None:
    world = rows_world(account())
    fault = refused("MaxLengthField", "firstName", "The first name is too long.")
    world.tenant.answering = lambda record: fault if isinstance(record, NewContact) else "created"
    (item,) = save(world, "account")
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "psa_refused")
    assert item.message == (
        'The company "Customer 1" is in ConnectWise, but its default contact is not: ConnectWise refused this record: '
        "The first name is too long. (firstName) Correct the account's primary contact and save again."
    )
    record = world.mapping(ACCOUNT, account().id)
    assert record is not None
    assert (record.status, record.psa_id) == (MappingStatus.FAILED, world.tenant.companies[0].id)
    world.tenant.answering = lambda record: "created"
    (again,) = save(world, "account", key="key-2")
    assert again.outcome is ItemOutcome.CREATED
    assert again.message == (
        'Found in ConnectWise as company "Customer 1", made before and given its default contact; it was not created '
        "again."
    )
    assert len(world.tenant.companies) == len(world.tenant.contacts) == 1


def test_a_contact_whose_answer_is_lost_is_found_and_not_made_again() -> None:
    world = rows_world(account())
    world.tenant.makes_default = False
    world.tenant.answering = lambda record: "lost" if isinstance(record, NewContact) else "created"
    (item,) = save(world, "account")
    assert item.outcome is ItemOutcome.UNKNOWN
    run_until_settled(world)
    assert len(world.tenant.companies) == len(world.tenant.contacts) == 1
    assert world.tenant.companies[0].default_contact_id == world.tenant.contacts[0].id


@pytest.mark.parametrize("answer", ["lost", "late"])
def test_no_answer_at_all_leads_to_one_company_with_one_contact(answer: Answer) -> None:
    world = rows_world(account())
    first = [answer]
    world.tenant.answering = lambda record: first.pop() if first else "created"
    save(world, "account")
    run_until_settled(world)
    assert len(world.tenant.companies) == len(world.tenant.contacts) == 1
    assert world.tenant.companies[0].default_contact_id == world.tenant.contacts[0].id


def test_a_company_is_found_although_the_account_was_renamed_after_the_lost_answer() -> None:
    world = rows_world(account())
    world.tenant.answering = lambda record: "lost" if isinstance(record, NewCompany) else "created"
    save(world, "account")
    world.rows[account().id] = account(name="Entirely Different", etag='W/"5"')
    run_until_settled(world)
    assert [one.name for one in world.tenant.companies] == ["Customer 1"]


def test_names_alike_in_their_first_fifty_characters_become_two_companies() -> None:
    name = "The Extraordinarily Long-Named International Trading Company "
    world = rows_world(account(1, name=name + "of Tampa"), account(2, name=name + "of Boise"))
    first, second = save(world, "account")
    assert (first.outcome, second.outcome) == (ItemOutcome.CREATED, ItemOutcome.CREATED)
    assert len({one.identifier for one in world.tenant.companies}) == 2
    assert all(len(one.identifier) <= 25 and len(one.name) <= 50 for one in world.tenant.companies)


def test_an_identifier_of_another_company_is_avoided_and_said() -> None:
    world = rows_world(account())
    company(world, identifier="CUSTOMER1", name="Somebody Else")
    (planned,) = preview(world, "account")
    (item,) = save(world, "account")
    made = world.tenant.companies[-1]
    assert item.outcome is ItemOutcome.CREATED
    assert made.identifier != "CUSTOMER1"
    assert planned.plan.intent == made.identifier
    assert any(made.identifier in warning for warning in planned.plan.warnings)


def test_a_company_of_the_same_name_and_identifier_is_not_made_twice() -> None:
    world = rows_world(account())
    company(world, identifier="CUSTOMER1", name="customer 1")
    (item,) = save(world, "account")
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "company_exists")
    assert item.message == (
        'ConnectWise has a company "customer 1" (CUSTOMER1) already; map the account to it, or give the account '
        "another name and save again."
    )
    assert not world.tenant.sent


def test_two_accounts_of_one_name_do_not_become_two_companies() -> None:
    world = rows_world(account(1), account(2, name="Customer 1"))
    first, second = save(world, "account")
    assert (first.outcome, second.code) == (ItemOutcome.CREATED, "company_exists")
    assert second.message == (
        'Two accounts are called "Customer 1", and one of them gets a company already; give the other one another '
        "name, or map it to that company."
    )


def test_a_company_in_the_recycle_bin_keeps_its_identifier_and_is_not_taken() -> None:
    world = rows_world(account())
    company(world, identifier="CUSTOMER1", name="Customer 1", is_deleted=True)
    save(world, "account")
    assert world.tenant.companies[-1].identifier != "CUSTOMER1"


def test_an_unmapped_account_whose_company_is_there_is_told_so() -> None:
    """Nothing marks a company as ours, so a clerk has to say that it is the same one."""
    world = rows_world(account())
    save(world, "account")
    world.world.mappings.clear()
    (item,) = save(world, "account", key="key-2")
    assert item.code == "company_exists"
    assert len(world.tenant.companies) == 1


def test_a_person_who_is_there_already_becomes_the_default_contact() -> None:
    world = rows_world(account())
    made = company(world, default_contact_id=None, name="Customer 1")
    mapped(world, ACCOUNT, account().id, made.id, status=MappingStatus.FAILED)
    world.tenant.contacts.append(StoredContact(ContactId(8), made.id, "Somebody", "Else", "ADA1@customer.example"))
    world.tenant.makes_default = False
    save(world, "account")
    assert not world.tenant.sent
    assert world.tenant.companies[0].default_contact_id == 8


def test_a_default_contact_that_is_refused_is_told_and_the_next_save_chooses_it() -> None:
    world = rows_world(account())
    world.tenant.makes_default = False
    world.tenant.default_contact_fault = RequestInvalid(method="PATCH", path="/", status=400, vendor_message="No.")
    (item,) = save(world, "account")
    assert item.outcome is ItemOutcome.FAILED
    world.tenant.default_contact_fault = None
    (again,) = save(world, "account", key="key-2")
    assert again.outcome is ItemOutcome.CREATED
    assert len(world.tenant.contacts) == 1
    assert world.tenant.companies[0].default_contact_id == world.tenant.contacts[0].id


def test_a_read_that_fails_after_the_contact_was_made_ends_well_by_itself() -> None:
    world = rows_world(account())
    fault = ServerFault(method="GET", path="/", status=503)
    world.tenant.read_fault = lambda name: fault if name == "companies" else None
    (item,) = save(world, "account")
    assert item.outcome is ItemOutcome.PENDING
    world.tenant.read_fault = lambda name: None
    run_until_settled(world)
    assert len(world.tenant.companies) == len(world.tenant.contacts) == 1


def test_a_mapped_account_is_left_alone() -> None:
    world = rows_world(account())
    made = company(world)
    mapped(world, ACCOUNT, account().id, made.id, psa_name=made.name)
    (item,) = save(world, "account")
    assert (item.outcome, item.message) == (
        ItemOutcome.UNCHANGED,
        f'Already mapped to "{made.name}"; nothing was changed.',
    )
    assert not world.tenant.sent
    assert mirrored(world, "account")


def test_work365s_columns_of_a_mapped_account_are_set_right() -> None:
    made_up = replace(account(), psa_id="1", psa_name="old")
    world = rows_world(made_up)
    made = company(world)
    mapped(world, ACCOUNT, account().id, made.id, psa_name=made.name)
    save(world, "account")
    assert mirrored(world, "account")


def test_a_company_that_another_save_has_just_made_for_this_account_is_not_called_somebody_elses() -> None:
    world = rows_world(account())

    def somebody_else(name: str) -> None:
        if name == "companies_with" and not world.tenant.companies:
            made = company(world, identifier="CUSTOMER1", name="Customer 1")
            mapped(world, ACCOUNT, account().id, made.id, psa_name=made.name)

    world.tenant.read_fault = somebody_else
    (item,) = save(world, "account")
    assert item.outcome is ItemOutcome.PENDING
    run_until_settled(world)
    (settled,) = world.world.items_of(item.job_id)
    assert settled.outcome is ItemOutcome.UNCHANGED


def test_a_company_whose_account_lost_its_contact_meanwhile_is_not_left_unknown_and_is_completed_later() -> None:
    world = rows_world(account())
    world.tenant.makes_default = False
    fault = NoAnswer(method="POST", path="/company/contacts", delivery="maybe_sent")
    world.tenant.answering = lambda record: fault if isinstance(record, NewContact) else "created"
    save(world, "account")
    world.rows[account().id] = account(contact=None)
    run_until_settled(world)
    record = world.mapping(ACCOUNT, account().id)
    assert record is not None
    made = world.tenant.companies[0]
    assert (record.status, record.psa_id, record.psa_name) == (MappingStatus.FAILED, made.id, made.name)
    world.rows[account().id] = account(etag='W/"9"')
    world.tenant.answering = lambda record: "created"
    (item,) = save(world, "account", key="key-2")
    assert item.outcome is ItemOutcome.CREATED
    assert len(world.tenant.companies) == len(world.tenant.contacts) == 1


def test_a_right_that_is_missing_for_contacts_is_told_without_other_advice() -> None:
    world = rows_world(account())
    denied = PermissionDenied(method="POST", path="/company/contacts", status=403)
    world.tenant.answering = lambda record: denied if isinstance(record, NewContact) else "created"
    (item,) = save(world, "account")
    assert item.message.endswith(
        "The API member's role lacks Companies > Contacts (Add); give it that permission in ConnectWise and save again."
    )
