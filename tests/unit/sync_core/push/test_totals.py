"""M10: what is pushed equals what Work 365 invoices."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sync_core.mapping.invoice_lines import addition_from_invoice_line
from sync_core.push.decisions import amount_objection
from sync_core.push.preview import preview_push
from tests import builders
from tests.fakes import World, world_of

pytestmark = pytest.mark.unit

INVOICE = "b0000000-0000-4000-8000-000000000000"


def warnings_of_preview(world: World, kind: str = "invoice") -> set[str]:
    preview = preview_push(
        world.services(),
        connector_id=builders.CONNECTOR_ID,
        kind=kind,  # type: ignore[arg-type]  the two kinds of a push
        record_ids=[INVOICE] if kind == "invoice" else list(world.lines),
        requested_by=builders.USER_ID,
    )
    return {warning for item in preview.items for warning in item.warnings}


def world_with_total(total: str | None) -> World:
    world = world_of(lines=2)
    (invoice_id,) = world.invoices
    amount = Decimal(total) if total is not None else None
    world.invoices[invoice_id] = replace(world.invoices[invoice_id], total_line_item_amount=amount)
    return world


def test_an_addition_that_bills_the_net_amount_passes() -> None:
    facts = builders.line_facts()
    assert amount_objection(addition_from_invoice_line(facts), facts) is None


@pytest.mark.parametrize("member", ["quantity", "unit_price"])
def test_an_addition_that_would_bill_another_amount_is_not_posted(member: str) -> None:
    facts = builders.line_facts()
    plan = addition_from_invoice_line(facts)
    wrong = replace(plan, addition=plan.addition.model_copy(update={member: Decimal(11)}))
    objection = amount_objection(wrong, facts)
    assert objection is not None
    assert (objection.code, objection.outcome) == ("amount_mismatch", "failed")
    assert "for a line of 120.00 USD" in objection.message


def test_a_plan_that_claims_another_amount_than_it_bills_is_not_posted() -> None:
    facts = builders.line_facts()
    plan = replace(addition_from_invoice_line(facts), net_amount=Decimal("119.99"))
    assert amount_objection(plan, facts) is not None


def test_an_amount_without_a_currency_is_left_to_the_precheck() -> None:
    plan = addition_from_invoice_line(builders.line_facts())
    assert amount_objection(plan, builders.line_facts(currency=None)) is None


def test_lines_that_add_up_to_the_invoice_raise_no_warning() -> None:
    assert warnings_of_preview(world_with_total("240.00")) == set()
    assert warnings_of_preview(world_with_total(None)) == set()


def test_lines_that_do_not_add_up_to_the_invoice_warn_with_the_difference() -> None:
    (warning,) = warnings_of_preview(world_with_total("241.50"))
    assert warning == (
        "The lines of invoice INV-1001 add up to 240.00, the invoice itself says 241.50 (difference -1.50); "
        "check the invoice in Work 365."
    )


def test_single_lines_and_lines_that_are_not_all_pushed_say_nothing_about_the_invoice() -> None:
    assert warnings_of_preview(world_with_total("241.50"), kind="invoice_line") == set()
    world = world_with_total("241.50")
    line_id = next(iter(world.lines))
    world.lines[line_id] = replace(world.lines[line_id], quantity=Decimal(0), base_amount=Decimal(0))
    assert warnings_of_preview(world) == set()
