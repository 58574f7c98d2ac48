"""A product becomes a catalog item once, with the price of that first time, and is never written again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from connectwise.creation.records import StoredCatalogItem
from connectwise.errors import DuplicateRecord, PermissionDenied, ServerFault
from connectwise.records import CatalogItemId
from dataverse.psasync.records import ItemOutcome, JobState, MappingKind, MappingStatus
from sync_core.push_rows.wishes import RowWish, fingerprint
from tests.push_rows_fakes import mapped, product, refused, rows_world
from tests.unit.sync_core.push_rows.saving import mirrored, preview, run_until_settled, save

pytestmark = pytest.mark.unit

PRODUCT = MappingKind.PRODUCT


def test_a_product_becomes_a_catalog_item_with_the_price_of_its_default_unit() -> None:
    world = rows_world(product())
    (item,) = save(world, "product")
    (created,) = world.tenant.items
    assert (item.outcome, item.psa_id, item.code) == (ItemOutcome.CREATED, created.id, None)
    assert item.message == 'Created in ConnectWise as catalog item "P-001 -M".'
    assert (world.tenant.sent[0].price, world.tenant.sent[0].cost) == (Decimal("10.50"), Decimal("8.40"))
    record = world.mapping(PRODUCT, product().id)
    assert record is not None
    assert (record.status, record.psa_id, record.psa_name) == (MappingStatus.SYNCED, created.id, "P-001 -M")
    assert record.pushed_amount == Decimal("10.50")
    assert record.claimed_until is None
    assert mirrored(world, "product")


def test_saved_again_after_a_price_change_nothing_is_sent() -> None:
    world = rows_world(product())
    save(world, "product")
    row = world.rows[product().id]
    price = replace(product().prices[0], amount=Decimal("99.00"))
    world.rows[row.id] = replace(row, prices=(price,), default_price=price, name="Renamed")  # type: ignore[call-arg]
    world.tenant.sent.clear()
    (item,) = save(world, "product", key="key-2")
    assert not world.tenant.sent
    assert item.outcome is ItemOutcome.UNCHANGED
    assert item.message == 'Already mapped to "P-001 -M"; nothing was changed.'
    assert world.tenant.prices[world.tenant.items[0].id] == Decimal("10.50")


def test_the_same_key_is_the_same_job() -> None:
    world = rows_world(product())
    assert save(world, "product") == save(world, "product")
    assert len(world.tenant.sent) == 1


def test_an_item_that_is_there_already_is_not_taken_over() -> None:
    world = rows_world(product())
    world.tenant.items.append(StoredCatalogItem(CatalogItemId(9), "p-001 -m", "Other", "Agreement", False, None))
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "identifier_taken")
    assert item.message == (
        'ConnectWise has a catalog item "p-001 -m" already; map the product to it, or give the product another number '
        "and save again."
    )
    assert not world.tenant.sent
    assert world.mapping(PRODUCT, product().id) is None


def test_an_item_that_was_made_for_this_product_is_found_after_it_was_unmapped() -> None:
    world = rows_world(product())
    save(world, "product")
    world.world.mappings.clear()
    (item,) = save(world, "product", key="key-2")
    assert item.outcome is ItemOutcome.CREATED
    assert item.message == ('Found in ConnectWise as catalog item "P-001 -M", made before; it was not created again.')
    assert len(world.tenant.items) == 1


def test_an_item_made_for_this_product_that_is_inactive_now_is_named() -> None:
    world = rows_world(product())
    world.tenant.items.append(
        StoredCatalogItem(CatalogItemId(9), "P-001 -M", "Product", "Agreement", True, product().id)
    )
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.SKIPPED, "target_inactive")


def test_two_products_of_one_number_do_not_both_get_it() -> None:
    world = rows_world(product(1), product(2, number=product(1).number))
    first, second = save(world, "product")
    assert (first.outcome, second.outcome, second.code) == (
        ItemOutcome.CREATED,
        ItemOutcome.SKIPPED,
        "identifier_taken",
    )
    assert 'The product "Product 1 - Monthly" gets the same identifier "P-001 -M"' in second.message


def test_the_monthly_and_the_annual_product_of_one_part_number_become_two_items() -> None:
    annual = product(2, name="Microsoft 365 E3 - Annual", number="CFQ7TTC0LFLX -A")
    world = rows_world(product(1, name="Microsoft 365 E3 - Monthly", number="CFQ7TTC0LFLX -M"), annual)
    save(world, "product")
    assert {item.identifier for item in world.tenant.items} == {"CFQ7TTC0LFLX -M", "CFQ7TTC0LFLX -A"}


def test_a_record_that_is_gone_from_connectwise_is_named_and_not_made_again() -> None:
    world = rows_world(product())
    mapped(world, PRODUCT, product().id, 77, psa_name="OLD")
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "psa_record_missing")
    assert item.message == (
        'The catalog item "OLD" does not exist in ConnectWise any more; remove the mapping and save again.'
    )
    assert not world.tenant.sent


def test_a_row_that_nobody_can_read_fails_with_a_sentence() -> None:
    world = rows_world()
    (item,) = save(world, "product", [RowWish(product().id, "create")])
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "record_not_found")
    assert item.message == "This product does not exist in Work 365, or you may not read it; load the list again."


def test_a_lost_answer_is_looked_up_and_the_item_is_found() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: "lost"
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.UNKNOWN, "psa_outcome_unknown")
    run_until_settled(world)
    assert len(world.tenant.items) == len(world.tenant.sent) == 1
    record = world.mapping(PRODUCT, product().id)
    assert record is not None
    assert (record.status, record.psa_id) == (MappingStatus.SYNCED, world.tenant.items[0].id)


def test_a_lost_answer_is_found_although_the_product_got_another_number_meanwhile() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: "lost"
    save(world, "product")
    world.rows[product().id] = product(number="NEW-NUMBER", etag='W/"9"')
    run_until_settled(world)
    assert [item.identifier for item in world.tenant.items] == ["P-001 -M"]


def test_a_lost_answer_is_found_although_the_product_was_deleted_meanwhile() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: "lost"
    save(world, "product")
    del world.rows[product().id]
    run_until_settled(world)
    record = world.mapping(PRODUCT, product().id)
    assert record is not None
    assert record.psa_id == world.tenant.items[0].id


def test_a_late_commit_leads_to_one_item() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: "late"
    save(world, "product")
    run_until_settled(world)
    assert len(world.tenant.items) == 1


def test_a_refusal_is_told_in_connectwises_words_and_can_be_tried_again() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: refused("MaxLengthField", "description", "Too long.")
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.FAILED, "psa_refused")
    assert item.message == "ConnectWise refused this record: Too long. (description)"
    record = world.mapping(PRODUCT, product().id)
    assert record is not None
    assert (record.status, record.psa_id, record.psa_name) == (MappingStatus.FAILED, None, None)
    world.tenant.answering = lambda record: "created"
    (again,) = save(world, "product", key="key-2")
    assert again.outcome is ItemOutcome.CREATED


def test_a_pick_list_entry_that_was_deleted_stops_the_job_with_the_way_out() -> None:
    world = rows_world(product(1), product(2))
    world.tenant.answering = lambda record: refused("NotFound", "subcategory/id", "ProductSubcategory 17 not found")
    items = save(world, "product")
    assert {(item.outcome, item.code) for item in items} == {(ItemOutcome.FAILED, "connector_property_gone")}
    assert items[0].message == (
        "The product subcategory of the connector does not exist in ConnectWise any more; open the connector, choose "
        "another one and save again."
    )
    assert len(world.tenant.sent) == 1
    (job,) = world.world.jobs.values()
    assert job.state == JobState.FAILED


def test_a_missing_right_is_named() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: PermissionDenied(method="POST", path="/procurement/catalog", status=403)
    (item,) = save(world, "product")
    assert item.message == (
        "The API member's role lacks Procurement > Product Catalog (Add); give it that permission in ConnectWise and "
        "save again."
    )


def test_an_identifier_taken_at_the_same_moment_leads_to_another_plan() -> None:
    world = rows_world(product())

    def somebody_else() -> None:
        if not world.tenant.items:
            item = StoredCatalogItem(CatalogItemId(9), "P-001 -M", "Other", "Agreement", False, None)
            world.tenant.items.append(item)

    world.before_claim = somebody_else
    (item,) = save(world, "product")
    assert item.outcome is ItemOutcome.PENDING
    assert item.message == "Waiting to be sent: its identifier was taken at this moment."
    run_until_settled(world)
    (settled,) = world.world.items_of(item.job_id)
    assert (settled.outcome, settled.code) == (ItemOutcome.SKIPPED, "identifier_taken")
    assert len(world.tenant.items) == 1


def test_a_refused_mirror_is_a_note_and_the_item_stays_created() -> None:
    world = rows_world(product())
    world.read_only.add(product().id)
    (item,) = save(world, "product")
    assert item.outcome is ItemOutcome.CREATED
    assert item.message.endswith("Work 365's own columns were not written: The row is read-only.")


def test_a_row_that_somebody_edits_meanwhile_is_mirrored_after_it_is_read_again() -> None:
    world = rows_world(product())
    world.before_settle = lambda: world.rows.update({product().id: replace(product(), etag='W/"77"')})
    save(world, "product")
    assert mirrored(world, "product")


def test_a_preview_shows_every_member_and_writes_nothing() -> None:
    world = rows_world(product())
    (planned,) = preview(world, "product")
    assert planned.message == 'Will be created in ConnectWise as catalog item "P-001 -M".'
    members = planned.plan.members
    assert members["identifier"] == "P-001 -M"
    assert members["price"] == "10.50"
    assert members["integrationXRef"] == product().id
    assert not world.tenant.sent
    assert not world.world.mappings
    assert not world.world.jobs
    assert not world.world.log


def test_what_changed_since_the_preview_is_said() -> None:
    world = rows_world(product())
    (planned,) = preview(world, "product")
    price = replace(product().prices[0], amount=Decimal("12.00"))
    world.rows[product().id] = product(prices=(price,), default_price=price, part_number=None)
    wish = RowWish(product().id, "create", previewed=fingerprint(planned.plan.members))
    (item,) = save(world, "product", [wish])
    assert "Since the preview, price has changed to 12.00." in item.message
    assert "Since the preview, manufacturerPartNumber is gone." in item.message
    assert "identifier" not in item.message


def test_the_log_says_what_was_sent_and_what_was_written() -> None:
    world = rows_world(product())
    save(world, "product")
    assert [entry.what for entry in world.world.log] == ["created catalog item", "wrote columns of product"]
    created, _ = world.world.log
    assert created.vendor_status == 201
    assert '"price": "10.50"' in (created.after or "")


def test_an_identifier_that_is_refused_again_and_again_is_given_up() -> None:
    world = rows_world(product())
    duplicate = DuplicateRecord(method="POST", path="/procurement/catalog", status=400)
    world.tenant.answering = lambda record: duplicate
    (item,) = save(world, "product")
    run_until_settled(world, step=5.0)
    (settled,) = world.world.items_of(item.job_id)
    assert (settled.outcome, settled.code) == (ItemOutcome.FAILED, "identifier_taken")
    assert settled.message == (
        'ConnectWise says that the identifier "P-001 -M" is in use and does not show by what; give the row another '
        "number or name in Work 365 and save again."
    )
    assert len(world.tenant.sent) == 5


def test_a_setup_table_that_cannot_be_read_leaves_nothing_in_doubt() -> None:
    world = rows_world(product())
    world.tenant.answering = lambda record: ServerFault(method="GET", path="/finance/currencies", status=503)
    (item,) = save(world, "product")
    assert (item.outcome, item.code) == (ItemOutcome.PENDING, "psa_unavailable")
