"""The repositories of the import against a strict Dataverse, with every fault that makes a write doubtful."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dataverse import errors
from dataverse.batch import Operation
from dataverse.psasync.imports import ImportLedger, import_mapping_id
from dataverse.psasync.records import ConnectorId, EntraObjectId, MappingKind, MappingStatus, SourceId
from dataverse.work365.imports.records import RowId, RowKind, RowWrite
from dataverse.work365.imports.repository import ImportRepository
from dataverse.work365.schema import Work365Schema
from sync_core.pull.ports import Hold
from tests.contract.dataverse.target import CLERK, CONNECTOR, USD, Target, guid
from tests.contract.dataverse.test_psasync import each_loss, eventually_still, lose
from tests.unit.dataverse.samples import SYNCED, Settlement

pytestmark = pytest.mark.contract

CONNECTOR_ID = ConnectorId(CONNECTOR)
COMPANY, AGREEMENT = 250, 412
ACCOUNT, CONTACT, CONTRACT = (RowId(guid(table)) for table in ("account", "contact", "work365_billingcontract"))


def repository(target: Target, person: str = CLERK) -> ImportRepository:
    return ImportRepository(target.client().acting_as(EntraObjectId(person)), Work365Schema())


def ledger(target: Target) -> ImportLedger:
    return ImportLedger(target.client(), Work365Schema())


def account_write(nth: int = 1, etag: str | None = None, **columns: str) -> RowWrite:
    return RowWrite(RowKind.ACCOUNT, RowId(guid("account", nth)), etag, {"name": "Contoso", "currency": USD, **columns})


def hold(target: Target, psa_id: int = COMPANY, source_id: str = ACCOUNT, existing=None, by: str = "job/a") -> Hold:  # type: ignore[no-untyped-def]
    until = target.client().server_time().at + timedelta(minutes=10)
    return Hold(MappingKind.ACCOUNT, psa_id, SourceId(source_id), existing, by, until)


# --- rows


def test_a_new_account_with_contact_and_contract_is_written_and_read(target: Target) -> None:
    rows = repository(target)
    contract = {
        "name": "Deal",
        "account": ACCOUNT,
        "currency": USD,
        "contract_type": rows.choices().type_recurring,
        "billing_frequency": rows.choices().frequency_quarterly,
        "start_date": date(2026, 1, 31),
    }
    for write in (
        account_write(phone="1"),
        RowWrite(RowKind.CONTACT, CONTACT, None, {"last_name": "Sample", "account": ACCOUNT}),
        RowWrite(RowKind.BILLING_CONTRACT, CONTRACT, None, contract),
    ):
        assert set(rows.write_rows([write]).written) == {write.row_id}
    read = rows.read_rows(
        {RowKind.ACCOUNT: [ACCOUNT], RowKind.CONTACT: [CONTACT], RowKind.BILLING_CONTRACT: [CONTRACT]}
    )
    assert {
        word: value for word, value in read[RowKind.BILLING_CONTRACT, CONTRACT].columns.items() if value
    } == contract
    assert read[RowKind.CONTACT, CONTACT].columns["account"] == ACCOUNT
    assert read[RowKind.ACCOUNT, ACCOUNT].columns["phone"] == "1"


def test_a_row_is_created_once_and_changed_only_as_it_was_seen(target: Target) -> None:
    rows = repository(target)
    etag = rows.write_rows([account_write()]).written[ACCOUNT]
    other = rows.write_rows([account_write(city="Tampa")])
    assert other.contested == {ACCOUNT}
    assert rows.write_rows([account_write(etag=etag, city="Tampa")]).written
    assert rows.write_rows([account_write(etag=etag, city="Miami")]).contested == {ACCOUNT}
    assert rows.read_rows({RowKind.ACCOUNT: [ACCOUNT]})[RowKind.ACCOUNT, ACCOUNT].columns["city"] == "Tampa"


def test_one_refused_row_does_not_stop_the_others(target: Target) -> None:
    report = repository(target).write_rows([account_write(1, number="N" * 21), account_write(2)])
    assert list(report.written) == [guid("account", 2)]
    assert "maximum allowed length" in report.refused[ACCOUNT]


def test_a_lookup_to_a_row_that_does_not_exist_is_a_refusal_and_not_a_doubt(target: Target) -> None:
    write = RowWrite(RowKind.CONTACT, CONTACT, None, {"last_name": "Sample", "account": ACCOUNT})
    report = repository(target).write_rows([write])
    assert (list(report.refused), report.contested) == ([CONTACT], frozenset())


@each_loss
def test_a_lost_answer_ends_with_the_row_written_once(target: Target, kind: str) -> None:
    lose(target, kind, r"\$batch")
    report = repository(target).write_rows([account_write()])
    assert set(report.written) | report.contested == {ACCOUNT}

    def written() -> None:
        read = repository(target).read_rows({RowKind.ACCOUNT: [ACCOUNT]})
        assert [row.columns["name"] for row in read.values()] == ["Contoso"]

    eventually_still(target, written, kind)


def test_rows_that_a_person_may_not_write_are_refused(target: Target) -> None:
    report = repository(target, "33333333-3333-4333-8333-000000000003").write_rows([account_write()])
    assert list(report.refused) == [ACCOUNT]


def test_500_rows_are_written_in_two_requests_and_read_in_one(target: Target) -> None:
    writes = [account_write(number) for number in range(500)]
    with target.counted(2):
        repository(target).write_rows(writes)
    with target.counted(1):
        read = repository(target).read_rows({RowKind.ACCOUNT: [write.row_id for write in writes]})
    assert len(read) == 500


def test_candidates_and_currencies_are_read(target: Target) -> None:
    rows = repository(target)
    rows.write_rows([account_write(number="N-1")])
    rows.write_rows([RowWrite(RowKind.BILLING_CONTRACT, CONTRACT, None, {"name": "Deal", "account": ACCOUNT})])
    (account,) = rows.candidates(RowKind.ACCOUNT)
    (contract,) = rows.candidates(RowKind.BILLING_CONTRACT)
    assert (account.name, account.number, account.account_id) == ("Contoso", "N-1", None)
    assert (contract.name, contract.account_id) == ("Deal", ACCOUNT)
    assert rows.currencies()["USD"].id == USD


# --- integration records


def test_a_record_is_held_once_settled_and_found_by_the_connectwise_id(target: Target) -> None:
    repository(target).write_rows([account_write()])
    records = ledger(target)
    held = records.hold(CONNECTOR_ID, [hold(target)])[COMPANY]
    assert held.id == import_mapping_id(CONNECTOR_ID, MappingKind.ACCOUNT, COMPANY)
    assert (held.psa_id, held.status) == (None, MappingStatus.SYNCING)
    unfinished = records.mappings_of_psa(CONNECTOR_ID, {MappingKind.ACCOUNT: [COMPANY]})
    assert list(unfinished.unfinished) == [(MappingKind.ACCOUNT, COMPANY)]
    assert unfinished.joined == {}
    records.settle_imports([Settlement(held, replace(SYNCED, psa_id=COMPANY))])
    joined = records.mappings_of_psa(CONNECTOR_ID, {MappingKind.ACCOUNT: [COMPANY, 9]}).joined
    assert [(one.psa_id, one.source_id) for one in joined.values()] == [(COMPANY, ACCOUNT)]
    row = target.client().send(Operation("GET", f"psasync_mappings({held.id})"), repeatable=True).document()
    assert row["_psasync_accountid_value"] == ACCOUNT


def test_of_two_that_hold_one_record_only_one_gets_it(target: Target) -> None:
    first = ledger(target).hold(CONNECTOR_ID, [hold(target, by="job/a")])
    second = ledger(target).hold(CONNECTOR_ID, [hold(target, by="job/b")])
    assert (list(first), list(second)) == ([COMPANY], [])
    taken = ledger(target).hold(CONNECTOR_ID, [hold(target, existing=first[COMPANY], by="job/c")])
    assert taken[COMPANY].claimed_by == "job/c"
    assert ledger(target).hold(CONNECTOR_ID, [hold(target, existing=first[COMPANY], by="job/d")]) == {}


def test_one_row_is_never_joined_to_two_companies(target: Target) -> None:
    records = ledger(target)
    assert list(records.hold(CONNECTOR_ID, [hold(target)])) == [COMPANY]
    assert records.hold(CONNECTOR_ID, [hold(target, psa_id=251, by="job/b")]) == {}


@each_loss
def test_a_lost_answer_to_a_hold_ends_with_the_record_held(target: Target, kind: str) -> None:
    wish = hold(target)
    lose(target, kind, r"\$batch")
    try:
        held = ledger(target).hold(CONNECTOR_ID, [wish])
    except errors.DataverseError:
        held = ledger(target).hold(CONNECTOR_ID, [wish])
    assert held[COMPANY].claimed_by == "job/a"


def test_the_feed_tells_everything_first_and_then_only_changes(target: Target) -> None:
    records = ledger(target)
    held = records.hold(CONNECTOR_ID, [hold(target)])[COMPANY]
    everything = records.follow(None)
    assert (everything.is_full, [one.id for one in everything.records]) == (True, [held.id])
    assert records.follow(everything.delta_link).records == []
    records.hold(CONNECTOR_ID, [hold(target, psa_id=251, source_id=guid("account", 2))])
    target.client().send(Operation("DELETE", f"psasync_mappings({held.id})"), repeatable=True)
    changes = records.follow(everything.delta_link)
    assert (changes.is_full, changes.gone) == (False, frozenset({held.id}))
    assert [one.source_id for one in changes.records] == [guid("account", 2)]


def test_lines_are_left_out_of_the_feed_page_by_page(target: Target) -> None:
    target.seed(
        psasync_mappings=[
            {
                "psasync_mappingid": guid("line", number),
                "psasync_connectorid@odata.bind": f"/psasync_connectors({CONNECTOR})",
                "psasync_kind": int(MappingKind.INVOICE_LINE if number % 2 else MappingKind.PRODUCT),
                "psasync_sourceid": guid("source", number),
                "psasync_name": "line",
            }
            for number in range(20)
        ]
    )
    assert ledger(target).follow(None).records == []


@pytest.mark.parametrize("event", ["expired", "restored"])
def test_a_link_that_no_longer_works_leads_to_a_full_read(target: Target, event: str) -> None:
    link = ledger(target).follow(None).delta_link
    if event == "expired":
        target.control("POST", "clock", {"advance_seconds": 8 * 24 * 3600})
    else:
        target.reset()
    assert ledger(target).follow(link).is_full
