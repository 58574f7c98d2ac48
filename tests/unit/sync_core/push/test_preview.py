"""The preview is the push that stops before the first write."""

from dataclasses import replace
from decimal import Decimal

import pytest

from connectwise.records import AgreementId
from dataverse.psasync.records import MappingKind, MappingStatus, SourceId
from dataverse.work365.records import InvoiceLineId
from sync_core.errors import RecordRejected
from sync_core.push.preview import Preview, preview_push
from tests import builders
from tests.fakes import World, line_id_number, world_of
from tests.unit.sync_core.push.driving import save

pytestmark = pytest.mark.unit

LINE = line_id_number(0)
INVOICE = "b0000000-0000-4000-8000-000000000000"


def preview(world: World, record_ids: list[str] | None = None, kind: str = "invoice_line") -> Preview:
    return preview_push(
        world.services(),
        connector_id=builders.CONNECTOR_ID,
        kind=kind,  # type: ignore[arg-type]  the two kinds of a push
        record_ids=record_ids or list(world.lines),
        requested_by=builders.USER_ID,
    )


def test_it_shows_every_member_that_will_be_written_and_the_amounts() -> None:
    world = world_of(lines=1)
    (item,) = preview(world).items
    assert (item.action, item.outcome, item.code) == ("create", "pending", None)
    assert item.message == 'Will be added to agreement "Contoso CSP": 10 x 12.00.'
    changes = {change.member: change.after for change in item.changes}
    assert changes["quantity"] == "10"
    assert changes["unitPrice"] == "12.00"
    assert changes["lessIncluded"] == "0"
    assert changes["serialNumber"] == LINE
    assert changes["purchaseItemFlag"] == "false"
    assert all(change.before is None for change in item.changes)
    assert item.amount is not None
    assert (item.amount.work365, item.amount.connectwise, item.amount.currency) == (
        Decimal("120.00"),
        Decimal("120.00"),
        "USD",
    )


def test_it_writes_nothing_to_either_system() -> None:
    world = world_of(lines=3)
    before = (dict(world.mappings), dict(world.lines), dict(world.jobs))
    preview(world)
    assert (dict(world.mappings), dict(world.lines), dict(world.jobs)) == before
    assert not world.posts
    writes = {"ledger.claim", "ledger.settle", "work365.mirror_lines", "jobs.create", "psa.create_addition"}
    assert not writes.intersection(world.faults.calls)


def test_it_agrees_with_the_push_about_every_member() -> None:
    world = world_of(lines=1)
    (item,) = preview(world).items
    save(world)
    (posted,) = world.posts
    written = posted.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert {change.member: change.after for change in item.changes} == {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in written.items()
    }


def test_totals_add_up_by_currency_and_leave_out_what_is_not_pushed() -> None:
    world = world_of(lines=3)
    world.lines[LINE] = replace(world.lines[LINE], quantity=Decimal(0), base_amount=Decimal(0))
    (total,) = preview(world).totals
    assert (total.work365, total.connectwise, total.currency) == (Decimal("240.00"), Decimal("240.00"), "USD")


def test_a_line_that_a_rule_forbids_shows_the_sentence_of_the_push() -> None:
    world = world_of(lines=1)
    agreement_id = AgreementId(builders.AGREEMENT_PSA_ID)
    world.agreements[agreement_id] = builders.agreement(prorate_flag=True)
    (item,) = preview(world).items
    save(world)
    ((job_item,),) = world.items.values()
    assert (item.action, item.outcome) == ("skip", "skipped")
    assert (item.code, item.message) == (job_item.code, job_item.message)
    assert item.amount is not None
    assert item.amount.connectwise == Decimal(0)


def test_an_invoice_stands_for_all_its_lines_and_a_missing_one_is_said() -> None:
    world = world_of(lines=2)
    items = preview(world, [INVOICE, "b0000000-0000-4000-8000-00000000dead"], kind="invoice").items
    assert [item.record_id for item in items] == [LINE, line_id_number(1), "b0000000-0000-4000-8000-00000000dead"]
    assert (items[2].action, items[2].code) == ("blocked", "invoice_not_found")


def test_only_missing_records_cost_no_further_reads() -> None:
    world = world_of(lines=1)
    result = preview(world, ["b0000000-0000-4000-8000-00000000dead"], kind="invoice")
    assert [item.code for item in result.items] == ["invoice_not_found"]
    assert result.totals == ()
    assert "work365.read_lines" not in world.faults.calls


def test_a_missing_line_is_blocked() -> None:
    world = world_of(lines=1)
    (item,) = preview(world, [line_id_number(99)]).items
    assert (item.action, item.outcome, item.code, item.amount) == ("blocked", "failed", "line_not_found", None)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (MappingStatus.SYNCING, "Another push is working on this line; wait until it is done."),
        (
            MappingStatus.UNKNOWN,
            "It is not known yet whether ConnectWise has this line; it is looked up by itself in a moment.",
        ),
    ],
)
def test_a_line_that_is_held_says_so(status: MappingStatus, message: str) -> None:
    world = world_of(lines=1)
    hour_later = world.server_now.replace(hour=10)
    row = builders.mapping(source_id=SourceId(LINE), status=status, psa_id=None, claimed_until=hour_later)
    world.mappings[MappingKind.INVOICE_LINE, SourceId(LINE)] = row
    (item,) = preview(world).items
    assert (item.action, item.code, item.message) == ("blocked", "held_elsewhere", message)


def test_a_line_without_a_known_currency_has_no_amount() -> None:
    world = world_of(lines=1)
    world.currencies.clear()
    (item,) = preview(world).items
    assert item.amount is None
    assert item.action == "skip"


def test_warnings_about_agreement_and_invoice_are_shown() -> None:
    world = world_of(lines=1)
    (invoice_id,) = world.invoices
    world.invoices[invoice_id] = replace(world.invoices[invoice_id], discount_amount=Decimal(5))
    (item,) = preview(world).items
    assert item.action == "create"
    assert item.warnings


def test_an_unknown_connector_is_refused() -> None:
    world = world_of(lines=1)
    world.connectors.clear()
    with pytest.raises(RecordRejected, match="This connector does not exist"):
        preview(world, [InvoiceLineId(LINE)])
