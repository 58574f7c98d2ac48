"""Many rows are mapped in one Save by the rules of mapping by hand, and nobody overwrites anybody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectwise.creation.records import StoredAgreement, StoredCatalogItem
from connectwise.records import AgreementId, CatalogItemId, CompanyId
from dataverse.psasync.records import ItemOutcome, MappingKind, MappingStatus
from sync_core.prerequisites import Prerequisite, prerequisite_from
from sync_core.push_rows.wishes import RowWish
from tests.fakes import EPOCH
from tests.push_rows_fakes import PROPERTIES, RowsWorld, account, company, contract, mapped, product, rows_world
from tests.unit.sync_core.push_rows.saving import mirrored, preview, save

pytestmark = pytest.mark.unit

PRODUCT, ACCOUNT, CONTRACT = MappingKind.PRODUCT, MappingKind.ACCOUNT, MappingKind.BILLING_CONTRACT


def item_in(world: RowsWorld, psa_id: int, **members: object) -> StoredCatalogItem:
    stored = StoredCatalogItem(CatalogItemId(psa_id), f"ITEM-{psa_id}", "Item", "Agreement", False, None)
    stored = replace(stored, **members)  # type: ignore[arg-type]  # members of the record
    world.tenant.items.append(stored)
    return stored


def map_to(number: int, psa_id: int) -> RowWish:
    return RowWish(product(number).id, "map", psa_id)


def test_rows_are_mapped_and_a_second_save_changes_nothing() -> None:
    world = rows_world(product(1), product(2))
    item_in(world, 11)
    item_in(world, 12)
    wishes = [map_to(1, 11), map_to(2, 12)]
    items = save(world, "product", wishes)
    assert [(item.outcome, item.psa_id) for item in items] == [(ItemOutcome.UPDATED, 11), (ItemOutcome.UPDATED, 12)]
    assert items[0].message == 'Mapped to the catalog item "ITEM-11".'
    assert mirrored(world, "product")
    again = save(world, "product", wishes, key="key-2")
    assert {item.outcome for item in again} == {ItemOutcome.UNCHANGED}
    assert not world.tenant.sent


def test_a_row_is_mapped_anew_and_the_log_keeps_what_was() -> None:
    world = rows_world(product())
    item_in(world, 11)
    item_in(world, 12)
    save(world, "product", [map_to(1, 11)])
    (planned,) = preview(world, "product", [map_to(1, 12)])
    assert planned.plan.members == {"psa_id": "12", "psa_name": "ITEM-12"}
    world.world.log.clear()
    (item,) = save(world, "product", [map_to(1, 12)], key="key-2")
    assert item.outcome is ItemOutcome.UPDATED
    change = world.world.log[0]
    assert (change.what, change.before, change.after) == (
        "mapping.change",
        '{"psa_id": 11, "psa_name": "ITEM-11"}',
        '{"psa_id": 12, "psa_name": "ITEM-12"}',
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [({"is_inactive": True}, "target_inactive"), ({"product_class": "Bundle"}, "target_is_bundle")],
)
def test_records_that_cannot_be_additions_are_refused(members: dict[str, object], code: str) -> None:
    world = rows_world(product())
    item_in(world, 11, **members)
    (item,) = save(world, "product", [map_to(1, 11)])
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, code)
    assert world.mapping(PRODUCT, product().id) is None


def test_a_record_that_does_not_exist_is_refused_and_the_others_go_on() -> None:
    world = rows_world(product(1), product(2))
    item_in(world, 12)
    first, second = save(world, "product", [map_to(1, 11), map_to(2, 12)])
    assert (first.code, second.outcome) == ("target_missing", ItemOutcome.UPDATED)


def test_one_record_is_mapped_to_one_row_also_within_a_selection() -> None:
    world = rows_world(product(1), product(2), product(3))
    item_in(world, 11)
    item_in(world, 13)
    mapped(world, PRODUCT, product(3).id, 13)
    items = save(world, "product", [map_to(1, 11), map_to(2, 11)])
    assert [(item.outcome, item.code) for item in items] == [
        (ItemOutcome.UPDATED, None),
        (ItemOutcome.SKIPPED, "target_taken"),
    ]
    assert 'The product "Product 1 - Monthly" is mapped to this catalog item already' in items[1].message
    (taken,) = save(world, "product", [map_to(2, 13)], key="key-2")
    assert 'The product "Product 3 - Monthly" is mapped to this catalog item already' in taken.message


def test_several_rows_share_a_record_where_a_property_allows_it() -> None:
    properties = PROPERTIES[:-1] + ', "several_records_per_psa_record": true}'
    world = rows_world(product(1), product(2), properties=properties)
    item_in(world, 11)
    items = save(world, "product", [map_to(1, 11), map_to(2, 11)])
    assert {item.outcome for item in items} == {ItemOutcome.UPDATED}


def test_two_people_who_map_two_rows_to_one_record_at_the_same_moment_do_not_both_succeed() -> None:
    world = rows_world(product(1), product(2))
    item_in(world, 11)

    def somebody_else() -> None:
        world.before_settle = lambda: None
        mapped(world, PRODUCT, product(2).id, 11)

    world.before_settle = somebody_else
    (item,) = save(world, "product", [map_to(1, 11)])
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "mapping_changed")
    record = world.mapping(PRODUCT, product(1).id)
    assert record is not None
    assert (record.status, record.psa_id, record.last_synced_on) == (MappingStatus.FAILED, None, None)
    assert world.rows[product(1).id].psa_id is None


def test_a_row_that_somebody_changes_between_reading_and_claiming_is_left_to_them() -> None:
    world = rows_world(product(1))
    item_in(world, 11)
    item_in(world, 12)
    world.before_claim = lambda: mapped(world, PRODUCT, product(1).id, 12, etag='W/"99"') and None
    (item,) = save(world, "product", [map_to(1, 11)])
    assert item.outcome is ItemOutcome.PENDING
    record = world.mapping(PRODUCT, product(1).id)
    assert record is not None
    assert record.psa_id == 12


def test_a_company_without_default_contact_cannot_be_mapped_to() -> None:
    world = rows_world(account())
    company(world, 301, default_contact_id=None)
    (item,) = save(world, "account", [RowWish(account().id, "map", 301)])
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "target_without_contact")
    assert prerequisite_from(item.prerequisite) == Prerequisite("contact", account().id, "Customer 1")


def test_an_agreement_must_be_one_of_the_mapped_company() -> None:
    world = rows_world(contract(1), contract(2))
    company(world, 301)
    mapped(world, ACCOUNT, account(1).id, 301, psa_name="Company 301")
    world.tenant.agreements += [
        StoredAgreement(AgreementId(41), "Theirs", CompanyId(999), None, True),
        StoredAgreement(AgreementId(42), "Ours", CompanyId(301), None, True),
    ]
    wishes = [RowWish(contract(1).id, "map", 41), RowWish(contract(2).id, "map", 42)]
    other, unmapped = save(world, "billing_contract", wishes)
    assert (other.code, unmapped.code) == ("target_of_other_company", "account_not_mapped")
    assert prerequisite_from(unmapped.prerequisite) == Prerequisite("account", account(2).id, "Customer 2")
    (item,) = save(world, "billing_contract", [RowWish(contract(1).id, "map", 42)], key="key-2")
    assert item.outcome is ItemOutcome.UPDATED
    record = world.mapping(CONTRACT, contract(1).id)
    assert record is not None
    assert (record.psa_id, record.psa_parent_id) == (42, 301)


def test_a_row_whose_creation_is_in_doubt_is_not_mapped_elsewhere() -> None:
    world = rows_world(product())
    item_in(world, 11)
    mapped(world, PRODUCT, product().id, 0, status=MappingStatus.UNKNOWN)
    world.world.mappings[PRODUCT, product().id] = replace(
        world.world.mappings[PRODUCT, product().id], psa_id=None, psa_name="P-001 -M"
    )
    (item,) = save(world, "product", [map_to(1, 11)])
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "outcome_unknown")


def test_a_row_that_another_save_holds_waits() -> None:
    world = rows_world(product())
    item_in(world, 11)
    mapped(world, PRODUCT, product().id, 12, claimed_until=EPOCH + timedelta(seconds=20), status=MappingStatus.SYNCING)
    (planned,) = preview(world, "product", [map_to(1, 11)])
    assert planned.message == "Another Save is working on this row; wait until it is done."
    (item,) = save(world, "product", [map_to(1, 11)])
    assert item.outcome is ItemOutcome.PENDING
    ((at, _, _),) = world.world.queue
    assert at == pytest.approx(20 + world.world.timing.clock_margin)


@pytest.mark.parametrize(("held", "wait"), [(0, 2.0), (1, 2.0), (7, 7.0), (200, 30.0), (590, 12.0)])
def test_a_held_row_is_looked_at_again_after_as_long_as_it_has_been_held(held: float, wait: float) -> None:
    world = rows_world(product())
    item_in(world, 11)
    until = EPOCH + timedelta(seconds=world.world.timing.lease - held)
    mapped(world, PRODUCT, product().id, 12, claimed_until=until, status=MappingStatus.SYNCING)
    save(world, "product", [map_to(1, 11)])
    ((at, _, _),) = world.world.queue
    assert at == pytest.approx(wait)
