"""How an invoice line becomes an addition (domain reference, section 6)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectwise.records import NewAddition
from dataverse.work365.records import Currency, InvoiceLine
from sync_core.mapping.charge_dates import charge_dates_of
from sync_core.mapping.invoice_lines import addition_from_invoice_line, fingerprint_of
from sync_core.mapping.line_texts import calculation_of, description_of, name_of_line
from sync_core.push.facts import LineFacts, PlannedAddition
from tests.builders import (
    CATALOG_ITEM_PSA_ID,
    INVOICE_DATE,
    LINE_ID,
    agreement,
    currency,
    invoice,
    invoice_line,
    line_facts,
    mapping,
    midnight,
    policies,
    write_in_line,
)

IN_DESCRIPTION = policies(marker_field="invoiceDescription")


def plan(*, using: Any = None, money: Currency | None = None, **line: Any) -> PlannedAddition:
    facts = line_facts(line=invoice_line(**line), policies=using or policies(), currency=money or currency())
    return addition_from_invoice_line(facts)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# The members


def test_a_line_becomes_an_addition_with_every_member_in_its_place() -> None:
    planned = plan()
    assert planned.addition == NewAddition(
        product_id=CATALOG_ITEM_PSA_ID,
        quantity=Decimal(10),
        unit_price=Decimal("12.00"),
        unit_cost=Decimal("9.60"),
        bill_customer="Billable",
        effective_date=midnight(INVOICE_DATE),
        cancelled_date=midnight(INVOICE_DATE),
        taxable_flag=True,
        invoice_description="Microsoft 365 E3\n02/03/2026 - 01/04/2026",
        serial_number=LINE_ID,
        less_included=Decimal(0),
        purchase_item_flag=False,
        special_order_flag=False,
        prorate_current_period_flag=False,
        sequence_number=Decimal(1),
    )
    assert (planned.net_amount, planned.warnings) == (Decimal("120.00"), ())


def test_a_line_that_is_not_taxable_says_so() -> None:
    assert plan(is_taxable=False).addition.taxable_flag is False


def test_a_line_without_a_number_has_no_sequence_number() -> None:
    assert plan(line_number=None).addition.sequence_number is None


def test_a_full_discount_stays_visible_as_a_billable_zero() -> None:
    planned = plan(manual_discount_amount="120.00")
    assert planned.addition.bill_customer == "Billable"
    assert (planned.addition.quantity, planned.net_amount) == (Decimal(10), Decimal(0))


def test_a_line_without_quantity_goes_as_no_charge() -> None:
    planned = plan(using=policies(zero_quantity="no_charge"), quantity=0)
    assert planned.addition.bill_customer == "NoCharge"
    assert (planned.addition.quantity, planned.net_amount) == (Decimal(0), Decimal(0))


def test_a_write_in_line_goes_on_the_fallback_product() -> None:
    facts = line_facts(line=write_in_line(), product_mapping=None, policies=policies(fallback_product_psa_id=77))
    assert addition_from_invoice_line(facts).addition.product_id == 77


@pytest.mark.parametrize("line", [{"product_id": None}, {"is_write_in": True}])
def test_either_sign_of_a_write_in_is_enough(line: dict[str, Any]) -> None:
    assert plan(using=policies(fallback_product_psa_id=77), **line).addition.product_id == 77


def test_a_line_with_a_product_ignores_the_fallback_product() -> None:
    assert plan(using=policies(fallback_product_psa_id=77)).addition.product_id == CATALOG_ITEM_PSA_ID


@pytest.mark.parametrize(
    "missing",
    [
        {"currency": None},
        {"product_mapping": None},
        {"product_mapping": mapping(psa_id=None)},
        {"invoice": invoice(invoice_date=None)},
        {"line": write_in_line()},
    ],
)
def test_facts_that_a_precheck_would_refuse_are_a_bug(missing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="has no"):
        addition_from_invoice_line(line_facts(**missing))


# Dates


def dates(date_policy: str, **facts: Any) -> tuple[date, date, str | None]:
    found = charge_dates_of(line_facts(policies=policies(date_policy=date_policy), **facts))
    return found.effective, found.cancelled, found.warning


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2026, 12, 31), date(2026, 3, 29), date(1, 1, 1)])
def test_by_default_a_charge_has_the_invoice_date_at_midnight_utc_and_no_other(day: date) -> None:
    addition = addition_from_invoice_line(line_facts(invoice=invoice(invoice_date=day))).addition
    written = f"{day.isoformat()}T00:00:00+00:00"
    assert addition.effective_date.isoformat() == written
    assert addition.cancelled_date is not None
    assert addition.cancelled_date.isoformat() == written


def test_the_period_runs_from_the_invoice_date_to_its_last_date() -> None:
    last_date = date(2026, 4, 1)
    assert dates("period", line=invoice_line(period_last_date=last_date)) == (INVOICE_DATE, last_date, None)
    assert dates("period", line=invoice_line(period_last_date=INVOICE_DATE)) == (INVOICE_DATE, INVOICE_DATE, None)


@pytest.mark.parametrize(
    ("last_date", "reason"),
    [
        (None, "The line has no last date of its period"),
        (date(2026, 3, 1), "The line's period ended on 2026-03-01, before the invoice date"),
    ],
)
def test_a_period_that_is_not_known_or_is_over_falls_back_to_the_invoice_date(
    last_date: date | None, reason: str
) -> None:
    warning = f"{reason}; the charge is dated 2026-03-02, the invoice date."
    assert dates("period", line=invoice_line(period_last_date=last_date)) == (INVOICE_DATE, INVOICE_DATE, warning)


def test_the_next_agreement_invoice_dates_the_charge() -> None:
    next_date = date(2026, 4, 1)
    found = dates("next_agreement_invoice", agreement=agreement(next_invoice_date=next_date))
    assert found == (next_date, next_date, None)


@pytest.mark.parametrize("unknown", [None, agreement(next_invoice_date=None)])
def test_without_a_next_agreement_invoice_the_invoice_date_counts(unknown: Any) -> None:
    warning = "The agreement has no next invoice date; the charge is dated 2026-03-02, the invoice date."
    assert dates("next_agreement_invoice", agreement=unknown) == (INVOICE_DATE, INVOICE_DATE, warning)


def test_the_plan_carries_the_warning_about_its_dates() -> None:
    planned = plan(using=policies(date_policy="period"), period_last_date=None)
    assert [warning[:40] for warning in planned.warnings] == ["The line has no last date of its period;"]


# Texts


def description(**line: Any) -> str:
    return description_of(invoice_line(**line), invoice()).text


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, "Microsoft 365 E3\n02/03/2026 - 01/04/2026"),
        ({"line2": "Two"}, "Microsoft 365 E3\nTwo"),
        ({"line1": None}, "Microsoft 365 E3 - Monthly\n02/03/2026 - 01/04/2026"),
        ({"line1": "  "}, "Microsoft 365 E3 - Monthly\n02/03/2026 - 01/04/2026"),
        ({"description": None}, "Microsoft 365 E3"),
        ({"line1": "Same", "description": " Same "}, "Same"),
        ({"line1": " a \r\n\r\n b\rc", "line2": "\nd\n"}, "a\nb\nc\nd"),
        ({"description": "<b>5 &lt; 6</b>"}, "Microsoft 365 E3\n<b>5 &lt; 6</b>"),
    ],
)
def test_the_description_is_line_1_and_line_2_or_what_stands_for_them(texts: dict[str, Any], expected: str) -> None:
    assert description(**texts) == expected


NAMELESS = {
    "subscription_name": None,
    "non_recurring_item_name": None,
    "product_name": None,
    "product_description": None,
}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"subscription_name": "S", "non_recurring_item_name": "N", "product_name": "P"}, "S"),
        ({"non_recurring_item_name": "N", "product_name": "P"}, "N"),
        ({"product_name": " P ", "product_description": "W"}, "P"),
        ({"subscription_name": " ", "product_description": "W"}, "W"),
        ({}, None),
    ],
)
def test_a_line_is_named_as_work_365_prints_it(names: dict[str, str], expected: str | None) -> None:
    assert name_of_line(invoice_line(**(NAMELESS | names))) == expected


@pytest.mark.parametrize(("number", "expected"), [(7, "Invoice INV-1001, line 7"), (None, "Invoice INV-1001")])
def test_a_line_without_any_text_is_described_by_its_place(number: int | None, expected: str) -> None:
    assert description(**NAMELESS, line1=None, description=None, line_number=number) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"quantity": "10.5", "price_per_unit": "12.37", "manual_discount_amount": "3.90"}, "10.5 x 12.37 less 3 %"),
        ({"quantity": "3", "price_per_unit": "3.3333", "base_amount": "10.00"}, "3 x 3.3333"),
        ({"quantity": "3", "price_per_unit": "4.00", "manual_discount_amount": "1.01"}, "3 x 4.00 less 1.01"),
        ({"quantity": "3", "price_per_unit": "4", "base_amount": "10"}, "3 x 4.00, charged at 10.00"),
        ({"quantity": "-3", "price_per_unit": "3.3333", "manual_discount_amount": "1"}, "-3 x 3.3333 less 1.00"),
        ({"quantity": "0", "price_per_unit": "4", "base_amount": "10"}, "0 x 4.00, charged at 10.00"),
        ({"quantity": "3", "price_per_unit": "3.3367", "base_amount": "10.02"}, "3 x 3.3367, charged at 10.02"),
        ({"quantity": "3", "price_per_unit": "3.50", "manual_discount_amount": "0.11"}, "3 x 3.50 less 1 %"),
        ({"quantity": "1", "price_per_unit": "3.33", "manual_discount_amount": "3.00"}, "1 x 3.33 less 90 %"),
        ({"quantity": "3", "price_per_unit": "0", "manual_discount_amount": "5"}, "3 x 0.00 less 5.00"),
        (
            {"quantity": "3", "price_per_unit": "4.0000000", "base_amount": "10", "manual_discount_amount": "5"},
            "3 x 4.00, charged at 10.00 less 50 %",
        ),
    ],
)
def test_the_calculation_behind_a_lump_is_told(line: dict[str, Any], expected: str) -> None:
    assert calculation_of(invoice_line(**line), currency()) == expected


def test_only_a_lump_carries_its_calculation() -> None:
    lump = plan(quantity="3", price_per_unit="3.3333")
    assert lump.addition.invoice_description.split("\n")[-1] == "3 x 3.3333"
    assert " x " not in plan().addition.invoice_description


# Length and marker


def test_a_marker_in_the_description_stands_at_its_end_and_nowhere_else() -> None:
    addition = plan(using=IN_DESCRIPTION, quantity="3", price_per_unit="3.3333").addition
    assert addition.invoice_description.split("\n")[-2:] == ["3 x 3.3333", LINE_ID]
    assert addition.serial_number is None


@pytest.mark.parametrize("using", [policies(), IN_DESCRIPTION])
def test_a_text_that_is_too_long_is_cut_and_said_to_be(using: Any) -> None:
    planned = plan(using=using, description="x" * 6000)
    assert planned.warnings == ("The description is longer than 6000 characters and was shortened at its end.",)
    assert planned == plan(using=using, description="x" * 6000)


def test_a_text_that_just_fits_is_left_alone() -> None:
    room = 6000 - len("E3") - 3
    assert description(line1="E3", description="x" * room) == "E3\n" + "x" * room
    cut = description(line1="E3", description="x" * (room + 1))
    assert cut == "E3\n" + "x" * (room - 1) + "…"


def test_a_cut_never_splits_a_character_nor_leaves_a_blank_before_the_ellipsis() -> None:
    assert description(line1="a" + "😀" * 3000, description=None) == "a" + "😀" * 2999 + "…"
    assert description(line1="a" * 5990 + " " * 9 + "b" * 9, description=None) == "a" * 5990 + "…"


_TEXT = st.one_of(st.none(), st.text(max_size=40), st.text(min_size=1, max_size=12).map(lambda text: text * 700))


@given(_TEXT, _TEXT, _TEXT, st.booleans(), st.sampled_from([policies(), IN_DESCRIPTION]))
@example("\n".join("ab" * 1500), None, None, True, IN_DESCRIPTION)
def test_a_description_always_fits_with_its_calculation_and_marker(
    line1: str | None, line2: str | None, memo: str | None, lump: bool, using: Any
) -> None:
    amounts: dict[str, Any] = {"quantity": "3", "price_per_unit": "3.3333"} if lump else {}
    text = plan(using=using, line1=line1, line2=line2, description=memo, **amounts).addition.invoice_description
    # The client writes a separator of up to three characters for each line break.
    assert 0 < utf16_units(text.replace("\n", " | ")) <= 6000
    tail = [part for part, wanted in (("3 x 3.3333", lump), (LINE_ID, using is IN_DESCRIPTION)) if wanted]
    assert text.split("\n")[len(text.split("\n")) - len(tail) :] == tail


# Warnings and fingerprint


def test_a_lump_in_dinars_warns_of_its_third_decimal() -> None:
    assert plan(money=currency("KWD", 3), quantity="1", price_per_unit="10.125", base_amount="10.125").warnings == (
        (
            "The unit price 10.125 KWD has more than 2 decimals; "
            "check it in ConnectWise before the charge is exported to accounting."
        ),
    )


def test_equal_additions_have_equal_fingerprints_however_their_numbers_are_written() -> None:
    one, other = plan(), plan(quantity="10.0000000000", price_per_unit="12.0000", cost_price_per_unit="9.6000000000")
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 64
    assert int(one.fingerprint, 16)


@pytest.mark.parametrize(
    "change",
    [
        {"product_id": 1041},
        {"quantity": Decimal(11)},
        {"unit_price": Decimal("12.01")},
        {"unit_cost": None},
        {"bill_customer": "NoCharge"},
        {"effective_date": midnight(date(2026, 3, 3))},
        {"cancelled_date": None},
        {"taxable_flag": False},
        {"invoice_description": "Ünïcode 😀 \ud800"},
        {"serial_number": None},
        {"less_included": Decimal(1)},
        {"sequence_number": Decimal(2)},
    ],
)
def test_every_member_that_is_written_changes_the_fingerprint(change: dict[str, Any]) -> None:
    planned = plan()
    changed = planned.addition.model_copy(update=change)
    assert fingerprint_of(planned.addition) == planned.fingerprint
    assert fingerprint_of(changed) != planned.fingerprint


def test_the_description_of_a_line_depends_on_the_line_alone() -> None:
    facts: LineFacts = line_facts()
    line: InvoiceLine = facts.line
    assert addition_from_invoice_line(facts).addition.invoice_description == description_of(line, facts.invoice).text
