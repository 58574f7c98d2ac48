"""Imports on the fakes: does it, does it twice, refuses with the exact sentence, survives a crash after each step."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectwise.directory.records import CommunicationItem, ContactId, ListKind
from connectwise.records import BillingCycle, BillingCycleId, CurrencyReference, Reference
from dataverse.psasync.records import ItemOutcome, JobId, JobItem, MappingKind, MappingStatus
from dataverse.work365.imports.records import RowId, RowKind
from sync_core.pull.chunk import pull_runner
from sync_core.pull.identity import import_row_id
from sync_core.pull.preview import PlannedImport, preview_pull
from sync_core.pull.submit import PullRequest, submit_pull
from sync_core.work.chunk import work_chunk
from tests import builders
from tests.fakes import EPOCH, WorkerDied
from tests.pull_fakes import CHOICES, PullWorld

pytestmark = pytest.mark.unit

ACCOUNT = "d0000000-0000-4000-8000-0000000000aa"
CONTRACT = "c0000000-0000-4000-8000-0000000000aa"


def run_import(  # type: ignore[no-untyped-def]
    world: PullWorld, kind: ListKind, wishes, *, key: str | None = None, import_customers: bool = False
) -> list[JobItem]:
    request = PullRequest(
        connector_id=builders.CONNECTOR_ID,
        kind=kind,
        wishes=wishes if isinstance(wishes, dict) else dict.fromkeys(wishes),
        idempotency_key=key or str(uuid.uuid4()),
        requested_by=builders.USER_ID,
        import_customers=import_customers,
    )
    job_id = submit_pull(world.services(), request)
    return world.base.items_of(job_id)


def import_company(world: PullWorld, link_to: str | None = None, psa_id: int = 250) -> JobItem:
    (item,) = run_import(world, ListKind.COMPANY, {psa_id: None if link_to is None else RowId(link_to)})
    return item


def import_agreement(world: PullWorld, link_to: str | None = None, psa_id: int = 412) -> JobItem:
    (item,) = run_import(world, ListKind.AGREEMENT, {psa_id: None if link_to is None else RowId(link_to)})
    return item


def preview(world: PullWorld, kind: ListKind, psa_id: int, **options: object) -> PlannedImport:
    (planned,) = preview_pull(
        world.services(),
        connector_id=builders.CONNECTOR_ID,
        kind=kind,
        wishes={psa_id: None},
        requested_by=builders.USER_ID,
        **options,  # type: ignore[arg-type]  # flags of the preview
    )
    return planned


@pytest.fixture
def world() -> PullWorld:
    """A company that is not mapped."""
    made = PullWorld()
    made.add_company(250)
    return made


@pytest.fixture
def mapped_world(world: PullWorld) -> PullWorld:
    """A mapped company and its agreement, which is not mapped."""
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso", psa_id="250")
    world.map_row(MappingKind.ACCOUNT, 250, ACCOUNT)
    world.add_agreement(412)
    return world


# --- companies


def test_a_company_becomes_an_account_with_its_primary_contact(world: PullWorld) -> None:
    item = import_company(world)
    assert (item.outcome, item.message) == (ItemOutcome.CREATED, 'Created "Contoso".')
    (account,) = world.rows_of(RowKind.ACCOUNT)
    (contact,) = world.rows_of(RowKind.CONTACT)
    assert account.row_id == item.source_id
    assert account.columns == {
        "name": "Contoso",
        "number": "C250",
        "phone": "813 555 0100",
        "website": "https://contoso.example",
        "address_line1": "1 Sample Street",
        "city": "Tampa",
        "country": "United States",
        "currency": builders.CURRENCY_ID,
        "psa_id": "250",
        "psa_name": "Contoso",
        "primary_contact": contact.row_id,
    }
    assert contact.columns == {
        "first_name": "Pat",
        "last_name": "Sample",
        "email": "p10250@contoso.example",
        "account": account.row_id,
    }
    (mapping,) = world.mappings.values()
    assert (mapping.psa_id, mapping.source_id, mapping.status) == (250, item.source_id, MappingStatus.SYNCED)
    assert mapping.claimed_until is None


def test_the_second_import_writes_nothing_and_says_unchanged(world: PullWorld) -> None:
    import_company(world)
    rows, mappings, log = dict(world.rows), dict(world.mappings), list(world.base.log)
    item = import_company(world)
    assert (item.outcome, item.message) == (
        ItemOutcome.UNCHANGED,
        "Unchanged: everything was as in ConnectWise already.",
    )
    assert (world.rows, world.mappings, world.base.log) == (rows, mappings, log)


def test_what_changed_in_connectwise_is_updated_and_named(world: PullWorld) -> None:
    import_company(world)
    world.add_company(250, "Contoso Group", phone_number="1")
    item = import_company(world)
    assert (item.outcome, item.message) == (ItemOutcome.UPDATED, "Updated: name, phone, link to ConnectWise.")
    (account,) = world.rows_of(RowKind.ACCOUNT)
    assert (account.columns["name"], account.columns["phone"]) == ("Contoso Group", "1")


def test_a_number_that_work365_gave_is_not_overwritten(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso", number="DEB-7")
    import_company(world, ACCOUNT)
    assert world.rows[RowKind.ACCOUNT, RowId(ACCOUNT)].columns["number"] == "DEB-7"


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [("always", "old", "Tampa"), ("when_empty", "old", "old"), ("when_empty", None, "Tampa"), ("never", None, None)],
)
def test_a_policy_decides_on_a_column(world: PullWorld, policy: str, before: str | None, after: str | None) -> None:
    properties = f'{{"pull_columns": {{"account.city": "{policy}"}}}}'
    connector = world.base.connectors[builders.CONNECTOR_ID]
    world.base.connectors[builders.CONNECTOR_ID] = replace(connector, properties=properties)
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso", city=before)
    import_company(world, ACCOUNT)
    assert world.rows[RowKind.ACCOUNT, RowId(ACCOUNT)].columns["city"] == after


def test_what_is_empty_in_connectwise_empties_nothing(world: PullWorld) -> None:
    import_company(world)
    world.add_company(250, phone_number=None)
    assert import_company(world).outcome is ItemOutcome.UNCHANGED


def test_a_primary_contact_of_work365_stays(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso", primary_contact="11111111-0000-4000-8000-000000000001")
    import_company(world, ACCOUNT)
    row = world.rows[RowKind.ACCOUNT, RowId(ACCOUNT)]
    assert row.columns["primary_contact"] == "11111111-0000-4000-8000-000000000001"
    assert world.rows_of(RowKind.CONTACT) == []


def test_a_company_without_contact_is_imported_and_that_is_said(world: PullWorld) -> None:
    world.add_company(250, default_contact=None)
    item = import_company(world)
    assert item.outcome is ItemOutcome.CREATED
    assert item.message == 'Created "Contoso". The company has no default contact in ConnectWise.'


def test_a_contact_with_one_name_gets_it_as_last_name(world: PullWorld) -> None:
    person = world.contacts[ContactId(10250)]
    fax = CommunicationItem(value="9", communication_type="Fax")
    second = CommunicationItem(value="2", communication_type="Phone")
    first = CommunicationItem(value="1", communication_type="Phone", default_flag=True)
    items = (fax, second, first)
    world.contacts[person.id] = person.model_copy(update={"last_name": None, "communication_items": items})
    import_company(world)
    (contact,) = world.rows_of(RowKind.CONTACT)
    assert (contact.columns.get("first_name"), contact.columns["last_name"]) == (None, "Pat")
    assert contact.columns["phone"] == "1"


def test_long_texts_are_cut_or_left_out_with_a_warning(world: PullWorld) -> None:
    world.add_company(250, "é" * 170, identifier="I" * 25, website="https://" + "w" * 250)
    item = import_company(world)
    (account,) = world.rows_of(RowKind.ACCOUNT)
    assert account.columns["name"] == "é" * 159 + "…"
    assert "number" not in account.columns
    assert "The name was shortened to 160 characters." in item.message
    assert "The number is longer than 20 characters and was left out." in item.message
    assert "The website is longer than 200 characters and was left out." in item.message
    assert import_company(world).outcome is ItemOutcome.UNCHANGED


def test_two_companies_with_one_name_become_two_accounts(world: PullWorld) -> None:
    world.add_company(251)
    items = run_import(world, ListKind.COMPANY, [250, 251])
    assert {item.outcome for item in items} == {ItemOutcome.CREATED}
    assert len(world.rows_of(RowKind.ACCOUNT)) == 2


@pytest.mark.parametrize("flag", [True, None])
def test_a_company_that_was_deleted_after_it_was_listed_fails(world: PullWorld, flag: bool | None) -> None:
    if flag:
        world.add_company(250, deleted_flag=True)
    else:
        world.companies.clear()
    item = import_company(world)
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "company_missing")
    assert item.message == "Company 250 no longer exists in ConnectWise; open the list again."


def test_an_account_that_was_deleted_in_work365_is_created_again(world: PullWorld) -> None:
    import_company(world)
    world.rows.clear()
    assert import_company(world).outcome is ItemOutcome.CREATED
    assert len(world.rows_of(RowKind.ACCOUNT)) == 1


def test_what_work365_refuses_fails_with_its_reason_and_the_others_go_on(world: PullWorld) -> None:
    world.add_company(251, "Fabrikam")
    bad = import_row_id(builders.CONNECTOR_ID, RowKind.ACCOUNT, 250)
    world.refused[bad] = "A plug-in says no."
    first, second = run_import(world, ListKind.COMPANY, [250, 251])
    assert (first.outcome, first.code) == (ItemOutcome.FAILED, "work365_refused")
    assert first.message == (
        "Failed because Work 365 refused the record: A plug-in says no. Correct that and import it again."
    )
    assert second.outcome is ItemOutcome.CREATED
    assert [one.psa_id for one in world.mappings.values() if one.status is MappingStatus.FAILED] == [None]
    world.refused.clear()
    assert import_company(world).outcome is ItemOutcome.CREATED


def test_a_contact_that_is_refused_is_said_and_tried_again(world: PullWorld) -> None:
    contact = import_row_id(builders.CONNECTOR_ID, RowKind.CONTACT, 10250)
    world.refused[contact] = "No."
    item = import_company(world)
    assert item.message == 'Created "Contoso". The primary contact could not be written: No.'
    world.refused.clear()
    assert import_company(world).outcome is ItemOutcome.UPDATED
    (account,) = world.rows_of(RowKind.ACCOUNT)
    assert account.columns["primary_contact"] == contact


# --- links


def test_a_sure_match_is_proposed_and_not_linked_by_itself(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="CONTOSO, Ltd.")
    planned = preview(world, ListKind.COMPANY, 250)
    assert planned.plan.action == "create"
    assert planned.plan.suggestion is not None
    assert planned.plan.suggestion.row_id == ACCOUNT
    assert planned.message == (
        'Will be created as "Contoso". "CONTOSO, Ltd." seems to be the same, because it has the same name: '
        "link it instead."
    )
    assert import_company(world).outcome is ItemOutcome.CREATED
    assert len(world.rows_of(RowKind.ACCOUNT)) == 2


def test_the_number_goes_before_the_name(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    world.add_row(RowKind.ACCOUNT, CONTRACT, name="Something else", number="c250")
    suggestion = preview(world, ListKind.COMPANY, 250).plan.suggestion
    assert suggestion is not None
    assert (suggestion.row_id, suggestion.reason) == (CONTRACT, "it has the same number")


def test_two_candidates_are_no_match(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    world.add_row(RowKind.ACCOUNT, CONTRACT, name="Contoso Inc")
    assert preview(world, ListKind.COMPANY, 250).plan.suggestion is None


def test_an_account_that_is_joined_already_is_no_candidate(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    world.map_row(MappingKind.ACCOUNT, 999, ACCOUNT)
    assert preview(world, ListKind.COMPANY, 250).plan.suggestion is None


def test_the_preview_writes_nothing(world: PullWorld) -> None:
    preview(world, ListKind.COMPANY, 250)
    assert (world.writes, world.mappings, world.base.jobs) == ([], {}, {})


def test_a_link_joins_the_row_that_the_request_names(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso Ltd")
    item = import_company(world, ACCOUNT)
    assert (item.outcome, item.source_id) == (ItemOutcome.UPDATED, ACCOUNT)
    assert len(world.rows_of(RowKind.ACCOUNT)) == 1
    assert import_company(world).outcome is ItemOutcome.UNCHANGED


def test_a_link_to_a_row_that_does_not_exist_fails(world: PullWorld) -> None:
    item = import_company(world, ACCOUNT)
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "link_target_missing")


def test_a_link_to_a_row_of_another_company_is_skipped(world: PullWorld) -> None:
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    world.map_row(MappingKind.ACCOUNT, 999, ACCOUNT)
    item = import_company(world, ACCOUNT)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "already_linked")
    assert "ConnectWise record 999" in item.message


def test_a_mapped_company_is_not_linked_to_another_account(world: PullWorld) -> None:
    import_company(world)
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    item = import_company(world, ACCOUNT)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "mapped_elsewhere")


def test_of_two_companies_linked_to_one_row_one_gets_it(world: PullWorld) -> None:
    world.add_company(251)
    world.add_row(RowKind.ACCOUNT, ACCOUNT, name="Contoso")
    items = run_import(world, ListKind.COMPANY, {250: RowId(ACCOUNT), 251: RowId(ACCOUNT)})
    assert sorted(item.outcome.name for item in items) == ["PENDING", "UPDATED"]
    settle_queue(world)
    codes = [item.code for item in world.base.items_of(items[0].job_id)]
    assert sorted(code or "" for code in codes) == ["", "already_linked"]


# --- agreements


def test_an_agreement_becomes_a_billing_contract_of_its_customer(mapped_world: PullWorld) -> None:
    item = import_agreement(mapped_world)
    assert (item.outcome, item.psa_parent_id) == (ItemOutcome.CREATED, 250)
    (contract,) = mapped_world.rows_of(RowKind.BILLING_CONTRACT)
    assert contract.columns == {
        "name": "Deal 412",
        "contract_type": CHOICES.type_recurring,
        "billing_frequency": CHOICES.frequency_monthly,
        "start_date": date(2026, 1, 1),
        "account": ACCOUNT,
        "currency": builders.CURRENCY_ID,
        "psa_id": "412",
        "psa_name": "Deal 412",
    }
    assert import_agreement(mapped_world).outcome is ItemOutcome.UNCHANGED


@pytest.mark.parametrize(
    ("recurrence", "frequency"),
    [("Monthly", 10), ("Quarterly", 20), ("Yearly", 30), ("NotRecurring", 60)],
)
def test_cycles_map_to_frequencies_by_recurrence_and_not_by_name(
    mapped_world: PullWorld, recurrence: str, frequency: int
) -> None:
    cycle = BillingCycle(id=BillingCycleId(9), name="Called anything", billing_options=recurrence)
    mapped_world.base.cycles[cycle.id] = cycle
    mapped_world.add_agreement(412, billing_cycle=Reference(id=9, name="Called anything"))
    import_agreement(mapped_world)
    (contract,) = mapped_world.rows_of(RowKind.BILLING_CONTRACT)
    assert contract.columns["billing_frequency"] == frequency
    once = recurrence == "NotRecurring"
    assert contract.columns["contract_type"] == (CHOICES.type_non_recurring if once else CHOICES.type_recurring)


def test_a_one_time_agreement_becomes_non_recurring_whatever_its_cycle(mapped_world: PullWorld) -> None:
    mapped_world.add_agreement(412, bill_one_time_flag=True)
    import_agreement(mapped_world)
    (contract,) = mapped_world.rows_of(RowKind.BILLING_CONTRACT)
    assert contract.columns["contract_type"] == CHOICES.type_non_recurring


@pytest.mark.parametrize("recurrence", ["Weekly", "BiWeekly", "BiMonthly", "SemiAnnual"])
def test_a_cycle_without_counterpart_is_skipped(mapped_world: PullWorld, recurrence: str) -> None:
    cycle = BillingCycle(id=BillingCycleId(9), name="Every so often", billing_options=recurrence)
    mapped_world.base.cycles[cycle.id] = cycle
    mapped_world.add_agreement(412, billing_cycle=Reference(id=9, name="Every so often"))
    item = import_agreement(mapped_world)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "frequency_unsupported")
    assert item.message == (
        'Work 365 has no counterpart for the billing cycle "Every so often"; choose monthly, quarterly, yearly or '
        "one-time in ConnectWise and import the agreement again."
    )


def test_an_agreement_without_cycle_is_skipped(mapped_world: PullWorld) -> None:
    mapped_world.add_agreement(412, billing_cycle=None)
    assert import_agreement(mapped_world).code == "frequency_missing"


def test_dates_before_1753_or_missing_are_left_out(mapped_world: PullWorld) -> None:
    mapped_world.add_agreement(412, start_date=date(1, 1, 1), end_date=date(2027, 5, 31), no_ending_date_flag=False)
    item = import_agreement(mapped_world)
    (contract,) = mapped_world.rows_of(RowKind.BILLING_CONTRACT)
    assert "start_date" not in contract.columns
    assert contract.columns["end_date"] == date(2027, 5, 31)
    assert item.message == 'Created "Deal 412". The start date 0001-01-01 is before 1753 and was left out.'


def test_a_currency_that_work365_does_not_have_is_skipped(mapped_world: PullWorld) -> None:
    mapped_world.add_agreement(412, currency=CurrencyReference(id=6, currency_identifier="CHF"))
    item = import_agreement(mapped_world)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "currency_not_in_work365")


def test_a_customer_that_is_not_mapped_is_named(world: PullWorld) -> None:
    world.add_agreement(412)
    item = import_agreement(world)
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "customer_not_mapped")
    assert item.message == (
        'The customer "Company 250" is not in Work 365 yet; import the customer first, or choose to import customers '
        "together with their agreements."
    )


def test_the_request_may_ask_for_the_customer_first(world: PullWorld) -> None:
    world.add_agreement(412)
    world.add_agreement(413)
    items = run_import(world, ListKind.AGREEMENT, [412, 413], import_customers=True)
    assert {item.outcome for item in items} == {ItemOutcome.CREATED}
    (account,) = world.rows_of(RowKind.ACCOUNT)
    assert {row.columns["account"] for row in world.rows_of(RowKind.BILLING_CONTRACT)} == {account.row_id}
    assert preview(world, ListKind.AGREEMENT, 412, import_customers=True).plan.action == "unchanged"


def test_a_customer_that_cannot_be_imported_fails_its_agreement_with_the_reason(world: PullWorld) -> None:
    world.add_agreement(412)
    world.companies.clear()
    (item,) = run_import(world, ListKind.AGREEMENT, [412], import_customers=True)
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "customer_not_imported")
    assert item.message.endswith("Company 250 no longer exists in ConnectWise; open the list again.")


def test_a_customer_whose_account_is_gone_is_skipped(mapped_world: PullWorld) -> None:
    mapped_world.rows.clear()
    assert import_agreement(mapped_world).code == "customer_gone"


def test_an_agreement_that_was_deleted_fails(mapped_world: PullWorld) -> None:
    mapped_world.base.agreements.clear()
    item = import_agreement(mapped_world)
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "agreement_missing")


def test_a_contract_of_another_account_is_not_linked(mapped_world: PullWorld) -> None:
    mapped_world.add_row(RowKind.BILLING_CONTRACT, CONTRACT, name="BC-1", account=CONTRACT)
    assert import_agreement(mapped_world, CONTRACT).code == "contract_of_other_account"


def test_a_contract_of_the_customer_with_the_same_name_is_proposed(mapped_world: PullWorld) -> None:
    mapped_world.add_row(RowKind.BILLING_CONTRACT, CONTRACT, name="deal 412", account=ACCOUNT)
    suggestion = preview(mapped_world, ListKind.AGREEMENT, 412).plan.suggestion
    assert suggestion is not None
    assert suggestion.row_id == CONTRACT


# --- crashes, double deliveries


def settle_queue(world: PullWorld) -> None:
    """Deliver what is in the queue until nothing is, as a worker that lives."""
    for _ in range(400):
        if not world.base.queue:
            return
        due, job_id, chunk = world.base.queue.pop(0)
        world.base.advance(max(0.0, due - world.base.now))
        work_chunk(world.services(), job_id, chunk, runner_of=lambda _: pull_runner(world.services()))
    raise AssertionError("the queue never ends")


def assert_each_once(world: PullWorld, job_id: JobId, agreements: int) -> None:
    assert {item.outcome for item in world.base.items_of(job_id)} == {ItemOutcome.CREATED}
    contracts = world.rows_of(RowKind.BILLING_CONTRACT)
    assert len(contracts) == agreements
    assert sorted(str(row.columns["psa_id"]) for row in contracts) == [str(412 + n) for n in range(agreements)]
    assert len(world.rows_of(RowKind.ACCOUNT)) == 1
    assert all(one.status is MappingStatus.SYNCED for one in world.mappings.values())


def queued_import(world: PullWorld, agreements: int) -> JobId:
    for number in range(agreements):
        world.add_agreement(412 + number)
    world.base.timing = replace(world.base.timing, inline_limit=0)
    items = run_import(world, ListKind.AGREEMENT, range(412, 412 + agreements), import_customers=True)
    return items[0].job_id


def steps_of_an_import() -> list[str]:
    world = PullWorld()
    world.add_company(250)
    job_id = queued_import(world, 3)
    world.base.faults.calls.clear()
    settle_queue(world)
    assert_each_once(world, job_id, 3)
    return list(world.base.faults.calls)


STEPS = steps_of_an_import()


@pytest.mark.parametrize("fate", ["die_before", "die_after", "die_halfway"])
@pytest.mark.parametrize("step", range(len(STEPS)), ids=[f"{n}-{name}" for n, name in enumerate(STEPS)])
def test_a_worker_may_die_at_any_step(world: PullWorld, step: int, fate: str) -> None:
    job_id = queued_import(world, 3)
    world.base.faults.calls.clear()
    world.base.faults.at = lambda number, name: fate if number == step else "go"  # type: ignore[assignment, return-value]  # a fate by name
    message = world.base.queue[0]
    with pytest.raises(WorkerDied):
        settle_queue(world)
    world.base.faults.at = lambda number, name: "go"
    world.base.queue.append(message)  # what a queue does with a message that nobody deleted
    settle_queue(world)
    assert_each_once(world, job_id, 3)


@pytest.mark.parametrize("step", range(len(STEPS)), ids=[f"{n}-{name}" for n, name in enumerate(STEPS)])
def test_another_process_may_do_the_same_chunk_in_the_middle_of_any_step(world: PullWorld, step: int) -> None:
    job_id = queued_import(world, 3)
    world.base.faults.calls.clear()
    other = world.services(origin=5000.0)

    def meanwhile(number: int, name: str) -> str:
        if number == step:
            world.base.faults.at = lambda number, name: "go"
            work_chunk(other, job_id, 0, runner_of=lambda _: pull_runner(other))
        return "go"

    world.base.faults.at = meanwhile  # type: ignore[assignment]  # always "go"
    settle_queue(world)
    assert_each_once(world, job_id, 3)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=3), st.integers(1, 3))
def test_double_deliveries_and_deaths_end_with_each_once(deaths: list[int], copies: int) -> None:
    world = PullWorld()
    world.add_company(250)
    job_id = queued_import(world, 3)
    message = world.base.queue[0]
    world.base.queue.extend([message] * copies)
    world.base.faults.calls.clear()
    for death in deaths:
        world.base.faults.calls.clear()
        world.base.faults.at = lambda number, name, death=death: "die_after" if number == death else "go"  # type: ignore[misc]  # bound per turn
        try:
            settle_queue(world)
        except WorkerDied:
            world.base.queue.append(message)
    world.base.faults.at = lambda number, name: "go"
    settle_queue(world)
    assert_each_once(world, job_id, 3)


def test_a_record_that_another_import_holds_is_left_and_looked_at_again(world: PullWorld) -> None:
    import_company(world)
    (mapping,) = world.mappings.values()
    until = EPOCH + timedelta(seconds=world.base.now + 30)
    world.mappings[mapping.id] = replace(mapping, claimed_until=until, claimed_by="another")
    world.add_company(250, "Contoso Group")
    item = import_company(world)
    assert item.outcome is ItemOutcome.PENDING
    settle_queue(world)
    (item,) = world.base.items_of(item.job_id)
    assert item.outcome is ItemOutcome.UPDATED


def test_an_edit_at_the_same_moment_is_not_overwritten_blindly(world: PullWorld) -> None:
    import_company(world)
    world.add_company(250, "Contoso Group")
    key = (RowKind.ACCOUNT, import_row_id(builders.CONNECTOR_ID, RowKind.ACCOUNT, 250))

    def edit(number: int, name: str) -> str:
        if name == "work365.write_rows" and world.rows[key].columns.get("city") == "Tampa":
            edited = {**world.rows[key].columns, "city": "Miami"}
            world.rows[key] = replace(world.rows[key], etag=world.base.etag(), columns=edited)
        return "go"

    world.base.faults.at = edit  # type: ignore[assignment]  # always "go"
    item = import_company(world)
    assert item.outcome is ItemOutcome.PENDING
    settle_queue(world)
    (item,) = world.base.items_of(item.job_id)
    assert item.outcome is ItemOutcome.UPDATED
    assert "city" in item.message


# --- jobs


def test_25_agreements_run_in_the_request_and_26_are_queued(mapped_world: PullWorld) -> None:
    for number in range(26):
        mapped_world.add_agreement(1000 + number)
    assert len(run_import(mapped_world, ListKind.AGREEMENT, range(1000, 1025))) == 25
    assert mapped_world.base.queue == []
    run_import(mapped_world, ListKind.AGREEMENT, range(1000, 1026))
    assert len(mapped_world.base.queue) == 1


def test_the_limit_of_companies_is_their_own(world: PullWorld) -> None:
    world.add_company(251)
    services = replace(world.services(), companies_inline=1)
    request = PullRequest(builders.CONNECTOR_ID, ListKind.COMPANY, {250: None, 251: None}, "key", builders.USER_ID)
    submit_pull(services, request)
    assert len(world.base.queue) == 1


def test_the_same_key_returns_the_same_job(world: PullWorld) -> None:
    first = run_import(world, ListKind.COMPANY, [250], key="once")
    second = run_import(world, ListKind.COMPANY, [250], key="once")
    assert first[0].job_id == second[0].job_id


def test_each_write_is_in_the_log_with_before_and_after(world: PullWorld) -> None:
    import_company(world)
    world.add_company(250, "Contoso Group")
    import_company(world)
    created, updated = world.base.log
    assert created.what == "imported company 250"
    assert '"account.name": "Contoso"' in (created.after or "")
    assert '"account.name": "Contoso"' in (updated.before or "")
    assert '"account.name": "Contoso Group"' in (updated.after or "")


def test_a_connector_that_was_deleted_stops_the_job(world: PullWorld) -> None:
    world.base.timing = replace(world.base.timing, inline_limit=0)
    services = replace(world.services(), companies_inline=0)
    submit_pull(services, PullRequest(builders.CONNECTOR_ID, ListKind.COMPANY, {250: None}, "key", builders.USER_ID))
    world.base.connectors.clear()
    settle_queue(world)
    ((item,),) = world.base.items.values()
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "connector_missing")


def test_ids_follow_from_the_record() -> None:
    made = import_row_id(builders.CONNECTOR_ID, RowKind.ACCOUNT, 250)
    assert made == import_row_id(builders.CONNECTOR_ID, RowKind.ACCOUNT, 250)
    others = {
        import_row_id(builders.CONNECTOR_ID, RowKind.ACCOUNT, 251),
        import_row_id(builders.CONNECTOR_ID, RowKind.CONTACT, 250),
        import_row_id(type(builders.CONNECTOR_ID)(ACCOUNT), RowKind.ACCOUNT, 250),
    }
    assert made not in others
    assert len(others) == 3
