"""Mappings by hand and Work 365's own columns: written once, only over what was read, whatever answers are lost."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.errors import DataverseError
from dataverse.psasync.linking.records import MappingSearch, MappingWish
from dataverse.psasync.linking.repository import HandMappingRepository
from dataverse.psasync.records import Mapping, MappingId, MappingKind, SourceId
from dataverse.work365.linked.records import (
    AccountEvidence,
    ContractEvidence,
    Frequency,
    LinkedRow,
    ProductEvidence,
)
from dataverse.work365.linked.repository import LinkedRowRepository
from dataverse.work365.schema import Work365Schema
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.samples import CONNECTOR, SYNCED
from tests.unit.dataverse.wire import ScriptedTransport, client_of, error_reply, json_reply

pytestmark = pytest.mark.unit

ACCOUNT = SourceId("d0000000-0000-4000-8000-000000000001")
OTHER = SourceId("d0000000-0000-4000-8000-000000000002")
FAULTS = st.lists(st.sampled_from(["ok", "drop_before", "drop_after", "late 1", "cut", "503", "429"]), max_size=5)


def mappings_of(transport: MiniDataverse) -> HandMappingRepository:
    return HandMappingRepository(client_of(transport), Work365Schema())


def rows_of(transport: object) -> LinkedRowRepository:
    return LinkedRowRepository(client_of(transport), Work365Schema())


def wish(existing: Mapping | None = None, *, psa_id: int = 7, source_id: SourceId = ACCOUNT) -> MappingWish:
    return MappingWish(CONNECTOR, MappingKind.ACCOUNT, source_id, replace(SYNCED, psa_id=psa_id), existing)


def world_with_account(**columns: Any) -> MiniDataverse:
    world = MiniDataverse()
    world.create("accounts", {"accountid": ACCOUNT, "name": "Contoso"} | columns)
    return world


# --- integration records


def test_a_mapping_is_made_once_with_the_lookup_of_its_subgrid() -> None:
    world = MiniDataverse()
    repository = mappings_of(world)
    made = repository.put(wish())
    assert made is not None
    assert (made.kind, made.source_id, made.psa_id) == (MappingKind.ACCOUNT, ACCOUNT, 7)
    assert repository.put(wish(psa_id=8)) is None
    (row,) = world.tables["psasync_mappings"].values()
    assert (row["_psasync_accountid_value"], row["psasync_name"]) == (ACCOUNT, ACCOUNT)
    assert repository.by_id(made.id) == made
    assert repository.by_id(MappingId(OTHER)) is None


def test_a_change_needs_the_version_that_was_read() -> None:
    repository = mappings_of(MiniDataverse())
    made = repository.put(wish())
    assert made is not None
    changed = repository.put(wish(made, psa_id=8))
    assert changed is not None
    assert (changed.id, changed.psa_id) == (made.id, 8)
    assert repository.put(wish(made, psa_id=9)) is None


def test_records_are_found_by_what_is_given() -> None:
    repository = mappings_of(MiniDataverse())
    first, second = repository.put(wish()), repository.put(wish(psa_id=8, source_id=OTHER))
    assert first is not None
    assert second is not None
    assert repository.find(MappingSearch(source_id=ACCOUNT)) == [first]
    assert repository.find(MappingSearch(CONNECTOR, MappingKind.ACCOUNT, psa_id=8)) == [second]
    assert repository.find(MappingSearch(kind=MappingKind.PRODUCT, psa_id=8)) == []
    assert list(repository.of_kind(CONNECTOR, MappingKind.ACCOUNT)) == [first, second]


@given(FAULTS)
def test_whatever_is_lost_what_is_reported_as_mapped_is_stored(faults: list[str]) -> None:
    world = MiniDataverse()
    repository = mappings_of(world)
    world.faults.extend(faults)
    try:
        made = repository.put(wish())
    except DataverseError:
        made = None
    world.faults.clear()
    world.commit_late()
    assert len(world.tables["psasync_mappings"]) <= 1
    if made is not None:
        assert repository.find(MappingSearch(source_id=ACCOUNT)) == [made]


def test_a_record_is_removed_at_the_version_that_was_read() -> None:
    world = MiniDataverse()
    repository = mappings_of(world)
    made = repository.put(wish())
    assert made is not None
    changed = repository.put(wish(made, psa_id=8))
    assert changed is not None
    assert not repository.remove(made)
    assert repository.remove(changed)
    assert repository.remove(changed)
    assert world.tables["psasync_mappings"] == {}


def test_a_removal_whose_answer_was_lost_is_a_removal() -> None:
    world = MiniDataverse()
    repository = mappings_of(world)
    made = repository.put(wish())
    assert made is not None
    world.faults.append("drop_after")
    assert repository.remove(made)
    assert world.tables["psasync_mappings"] == {}


# --- Work 365's own columns


def account(world: MiniDataverse) -> LinkedRow:
    return rows_of(world).rows(MappingKind.ACCOUNT, [ACCOUNT])[ACCOUNT]


def test_rows_are_read_by_id() -> None:
    world = world_with_account(accountnumber="A-1", work365_account_psasystem_id="7")
    row = account(world)
    assert (row.kind, row.id, row.name, row.number) == (MappingKind.ACCOUNT, ACCOUNT, "Contoso", "A-1")
    assert (row.account_id, row.psa_id, row.psa_name) == (None, "7", None)
    assert rows_of(world).rows(MappingKind.ACCOUNT, []) == {}
    assert list(rows_of(world).all_rows(MappingKind.ACCOUNT)) == [
        replace(row, evidence=AccountEvidence(has_primary_contact=False))
    ]


def test_columns_are_mirrored_over_what_was_read_only() -> None:
    world = world_with_account()
    row = account(world)
    assert rows_of(world).mirror(row, 7, "Contoso")
    assert (account(world).psa_id, account(world).psa_name) == ("7", "Contoso")
    assert not rows_of(world).mirror(row, 8, "Other")
    assert rows_of(world).mirror(account(world), None, None)
    assert (account(world).psa_id, account(world).psa_name) == (None, None)


@given(FAULTS)
def test_whatever_is_lost_what_is_reported_as_mirrored_is_stored(faults: list[str]) -> None:
    world = world_with_account()
    row = account(world)
    world.faults.extend(faults)
    try:
        done = rows_of(world).mirror(row, 7, "Contoso")
    except DataverseError:
        done = False
    world.faults.clear()
    world.commit_late()
    if done:
        assert account(world).psa_id == "7"


def test_a_row_that_is_gone_is_not_mirrored() -> None:
    world = world_with_account()
    row = account(world)
    world.tables["accounts"].clear()
    assert not rows_of(world).mirror(row, 7, "Contoso")


def test_a_table_that_may_not_be_read_is_empty() -> None:
    forbidden = [error_reply(403, "0x80040220") for _ in range(2)]
    repository = rows_of(ScriptedTransport(*forbidden))
    assert list(repository.all_rows(MappingKind.PRODUCT)) == []
    assert list(repository.active_invoices()) == []


ROW = {"@odata.etag": 'W/"1"'}


def test_products_come_with_part_number_unit_and_description() -> None:
    unit = "_defaultuomid_value"
    row = ROW | {
        "productid": ACCOUNT,
        "name": "Microsoft 365 E3",
        "work365_product_providerpartnumber": "CFQ7TTC0LFLX:0001",
        "description": "For the enterprise",
        unit: OTHER,
        f"{unit}@OData.Community.Display.V1.FormattedValue": "Monthly",
    }
    transport = ScriptedTransport(json_reply({"value": [row]}))
    (read,) = rows_of(transport).all_rows(MappingKind.PRODUCT)
    assert read.evidence == ProductEvidence("CFQ7TTC0LFLX:0001", "Monthly", "For the enterprise")
    assert len(transport.sent) == 1


def test_accounts_come_with_address_and_both_e_mail_addresses() -> None:
    row = ROW | {
        "accountid": ACCOUNT,
        "name": "Contoso",
        "emailaddress1": "billing@contoso.example",
        "websiteurl": "https://contoso.example",
        "telephone1": "0316 123",
        "address1_line1": "Ring 1",
        "address1_city": "Graz",
        "address1_postalcode": "8010",
        "primarycontactid": {"emailaddress1": "ada@contoso.example"},
        "_primarycontactid_value": OTHER,
    }
    (read,) = rows_of(ScriptedTransport(json_reply({"value": [row]}))).all_rows(MappingKind.ACCOUNT)
    emails = ("billing@contoso.example", "ada@contoso.example")
    assert read.evidence == AccountEvidence(
        "https://contoso.example", emails, "0316 123", "Ring 1", "Graz", "8010", True
    )


def test_accounts_are_listed_without_their_contacts_for_who_may_not_read_those() -> None:
    row = ROW | {"accountid": ACCOUNT, "name": "Contoso"}
    transport = ScriptedTransport(error_reply(403, "0x80040220"), json_reply({"value": [row]}))
    (read,) = rows_of(transport).all_rows(MappingKind.ACCOUNT)
    assert (read.name, read.evidence) == ("Contoso", AccountEvidence(has_primary_contact=False))
    assert ["$expand" in sent.url for sent in transport.sent] == [True, False]


@pytest.mark.parametrize(
    ("columns", "frequency"),
    [
        ({"work365_billingcontract_billingfrequency": 100000000}, Frequency.MONTHLY),
        ({"work365_billingcontract_billingfrequency": 100000001}, Frequency.QUARTERLY),
        ({"work365_billingcontract_billingfrequency": 100000003}, Frequency.ANNUAL),
        ({"work365_billingcontract_billingfrequency": 100000005}, Frequency.ONE_TIME),
        ({"work365_billingcontract_billingfrequency": 7}, None),
        ({}, None),
        (
            {"work365_billingcontract_billingfrequency": 100000000, "work365_billingcontract_type": 100000001},
            Frequency.ONE_TIME,
        ),
    ],
)
def test_contracts_come_with_frequency_and_start(columns: dict[str, int], frequency: Frequency | None) -> None:
    row = ROW | {
        "work365_billingcontractid": ACCOUNT,
        "work365_name": "BC-1",
        "work365_billingcontract_startdate": "2026-01-31T23:00:00Z",
    }
    (read,) = rows_of(ScriptedTransport(json_reply({"value": [row | columns]}))).all_rows(MappingKind.BILLING_CONTRACT)
    assert read.evidence == ContractEvidence(frequency, date(2026, 1, 31))


def test_only_active_invoices_are_asked_for() -> None:
    transport = ScriptedTransport(json_reply({"value": []}))
    assert list(rows_of(transport).active_invoices()) == []
    assert "$filter=statecode%20eq%200" in transport.sent[0].url
