"""The money rules M1 to M14 with the vectors of the domain reference, 7.1."""

from decimal import Decimal
from typing import Any

import pytest

from sync_core.money import (
    Charge,
    billed_amount,
    charge_of,
    difference_of_totals,
    net_amount_of,
    plain,
    same_amount,
)
from tests.builders import currency, invoice_line, policies

USD, JPY, KWD = currency(), currency("JPY", 0), currency("KWD", 3)
DEFAULT = policies()


def charge(quantity: str, price: str, base: str, *, money: Any = USD, using: Any = DEFAULT, **more: Any) -> Charge:
    line = invoice_line(quantity=quantity, price_per_unit=price, base_amount=base, **more)
    return charge_of(line, money, using)


def terms(made: Charge) -> tuple[str, str]:
    return str(made.quantity), str(made.unit_price)


def total(made: Charge, money: Any = USD, using: Any = DEFAULT) -> str:
    assert made.net_amount == billed_amount(made.quantity, made.unit_price, money, using)
    return str(made.net_amount)


# The eleven vectors


def test_vector_1_a_plain_line_is_sent_as_it_is() -> None:
    assert terms(charge("10", "12.00", "120.00")) == ("10", "12.00")


def test_vector_2_a_price_with_four_decimals_that_cannot_be_divided_becomes_a_lump() -> None:
    assert terms(charge("3", "3.3333", "10.00")) == ("1", "10.00")


def test_vector_3_the_sign_of_a_credit_stays_on_the_quantity() -> None:
    assert terms(charge("-2", "12.00", "-24.00")) == ("-2", "12.00")


def test_vector_4_a_price_beyond_the_allowed_decimals_becomes_a_lump() -> None:
    assert terms(charge("100", "5.2456", "524.56")) == ("1", "524.56")


def test_vector_5_a_five_decimal_quantity_is_kept_and_rounds_to_the_net() -> None:
    prorated = charge("7.41935", "14.90", "110.55")
    assert (terms(prorated), total(prorated)) == (("7.41935", "14.90"), "110.55")


def test_vector_6_the_manual_discount_counts_and_the_tax_does_not() -> None:
    assert total(charge("10", "12.00", "120.00", manual_discount_amount="18.00")) == "102.00"


def test_vector_7_a_zero_quantity_charges_nothing() -> None:
    assert total(charge("0", "12.00", "0.00")) == "0.00"


def test_vector_8_a_currency_without_decimals_has_none() -> None:
    yen = charge("1", "1500", "1500", money=JPY)
    assert (terms(yen), total(yen, JPY)) == (("1", "1500"), "1500")


@pytest.mark.parametrize(("rounding", "expected"), [("half_up", "0.01"), ("half_even", "0.00")])
def test_vector_9_the_rounding_mode_is_a_setting(rounding: str, expected: str) -> None:
    using = policies(rounding=rounding)
    assert total(charge("1", "0.005", "0.005", using=using), using=using) == expected


def test_vector_10_half_up_rounds_away_from_zero() -> None:
    assert total(charge("-1", "0.005", "-0.005")) == "-0.01"


def test_vector_11_all_five_decimals_of_a_third_are_needed_for_the_total() -> None:
    third = charge("0.33333", "30.00", "10.00")
    assert (terms(third), total(third)) == (("0.33333", "30.00"), "10.00")


# Rule M3, the order


def test_a_discount_is_divided_over_the_quantity_when_that_is_exact() -> None:
    made = charge("10", "12.00", "120.00", manual_discount_amount="18.00")
    assert (terms(made), made.is_lump) == (("10", "10.20"), False)


def test_a_discount_that_cannot_be_divided_becomes_a_lump() -> None:
    made = charge("10.5", "12.37", "129.89", manual_discount_amount="3.90")
    assert (terms(made), made.is_lump) == (("1", "125.99"), True)


def test_a_price_whose_product_is_not_the_base_amount_is_not_sent_directly() -> None:
    volume_discount = charge("10", "12.00", "110.00")
    assert terms(volume_discount) == ("10", "11.00")


def test_trailing_zeros_do_not_make_a_price_or_a_quantity_longer() -> None:
    assert terms(charge("10.0000000000", "12.0000000000", "120.0000")) == ("10", "12.00")


def test_more_allowed_decimals_let_a_long_price_pass() -> None:
    made = charge("100", "5.2456", "524.56", using=policies(price_decimals=4))
    assert (terms(made), made.is_lump) == (("100", "5.2456"), False)


def test_no_allowed_decimals_make_a_price_in_cents_a_lump() -> None:
    assert terms(charge("10", "12.50", "125.00", using=policies(price_decimals=0))) == ("1", "125.00")


@pytest.mark.parametrize("base", ["12.00", "11.99"])
def test_a_quantity_of_more_than_five_decimals_becomes_a_lump(base: str) -> None:
    assert terms(charge("0.999999", "12.00", base)) == ("1", base)


def test_an_exact_half_is_sent_directly_only_where_half_up_gives_the_net_too() -> None:
    assert terms(charge("0.5", "12.25", "6.13")) == ("0.5", "12.25")
    assert terms(charge("0.5", "12.25", "6.12", using=policies(rounding="half_even"))) == ("0.5", "12.24")
    assert terms(charge("0.5", "12.35", "6.18", using=policies(rounding="half_even"))) == ("0.5", "12.35")


def test_a_product_of_more_than_28_digits_is_rounded_only_once() -> None:
    # Exactly ...148.304998; rounded to 28 digits first it would be ...148.305, a cent more.
    quantity, price = "60661368350.3509", "330825846142.22"
    made = charge(quantity, price, "20068348512649720696148.30")
    assert terms(made) == (quantity, price)


# Rule M5, currencies


def test_fractions_of_a_yen_are_not_sent_as_a_price() -> None:
    assert terms(charge("10", "12.50", "125", money=JPY)) == ("1", "125")


def test_a_setting_beyond_two_decimals_reaches_a_currency_without_decimals_two_fewer() -> None:
    using = policies(price_decimals=4)
    assert terms(charge("10", "12.25", "123", money=JPY, using=using)) == ("10", "12.25")
    assert terms(charge("10", "12.255", "123", money=JPY, using=using)) == ("10", "12.3")


def test_a_third_decimal_of_a_price_in_dinars_becomes_part_of_a_lump() -> None:
    assert terms(charge("2", "5.125", "10.250", money=KWD)) == ("1", "10.250")


def test_a_lump_keeps_all_decimals_of_its_currency_although_a_price_may_not() -> None:
    assert terms(charge("1", "10.125", "10.125", money=KWD)) == ("1", "10.125")


# Rule M7, signs


@pytest.mark.parametrize(
    ("quantity", "price", "base", "kept", "flipped"),
    [
        ("-2", "12.00", "-24.00", ("-2", "12.00"), ("2", "-12.00")),
        ("2", "-12.00", "-24.00", ("2", "-12.00"), ("2", "-12.00")),
        ("-2", "-12.00", "24.00", ("-2", "-12.00"), ("2", "12.00")),
        ("-3", "3.3333", "-10.00", ("-1", "10.00"), ("1", "-10.00")),
        ("3", "-3.3333", "-10.00", ("1", "-10.00"), ("1", "-10.00")),
        ("-3", "-3.3333", "10.00", ("-1", "-10.00"), ("1", "10.00")),
        ("-4", "5.005", "-20.02", ("-1", "20.02"), ("1", "-20.02")),
        ("-4", "2.5050", "-10.00", ("-4", "2.50"), ("4", "-2.50")),
        ("0.5", "12.00", "6.00", ("0.5", "12.00"), ("0.5", "12.00")),
        ("0.5", "3.3333", "1.67", ("0.5", "3.34"), ("0.5", "3.34")),
        ("0.3", "3.3333", "1.00", ("1", "1.00"), ("1", "1.00")),
    ],
)
def test_signs_stay_where_work_365_has_them_unless_the_price_is_to_carry_them(
    quantity: str, price: str, base: str, kept: tuple[str, str], flipped: tuple[str, str]
) -> None:
    assert terms(charge(quantity, price, base)) == kept
    assert terms(charge(quantity, price, base, using=policies(sign_policy="price"))) == flipped


def test_a_discount_on_a_credit_is_taken_off_as_dataverse_does() -> None:
    assert total(charge("-10", "12.00", "-120.00", manual_discount_amount="18.00")) == "-138.00"


# Rule M8, zeros


def test_a_full_discount_keeps_the_quantity_at_a_price_of_nothing() -> None:
    made = charge("10", "12.00", "120.00", manual_discount_amount="120.00")
    assert (terms(made), total(made)) == (("10", "0.00"), "0.00")


def test_an_amount_without_a_quantity_is_never_lost() -> None:
    made = charge("0", "12.00", "25.00")
    assert (terms(made), total(made)) == (("1", "25.00"), "25.00")


@pytest.mark.parametrize("base", ["-0.00", "-0.004"])
def test_nothing_is_never_a_negative_zero(base: str) -> None:
    made = charge("-3", "3.3333", base)
    assert (terms(made), str(made.net_amount)) == (("-3", "0.00"), "0.00")
    assert str(charge("-0", "0.00", "0.00").quantity) == "0"


# Rules M3 and M7, costs


@pytest.mark.parametrize(
    ("quantity", "price", "base", "sign_policy", "unit_cost"),
    [
        ("10", "12.00", "120.00", "quantity", "9.876"),
        ("-2", "12.00", "-24.00", "quantity", "9.876"),
        ("-2", "12.00", "-24.00", "price", "-9.876"),
        ("3", "3.3333", "10.00", "quantity", "29.63"),
        ("-3", "3.3333", "-10.00", "quantity", "29.63"),
        ("-3", "3.3333", "-10.00", "price", "-29.63"),
    ],
)
def test_quantity_times_unit_cost_keeps_the_sign_of_the_line(
    quantity: str, price: str, base: str, sign_policy: str, unit_cost: str
) -> None:
    made = charge(quantity, price, base, using=policies(sign_policy=sign_policy), cost_price_per_unit="9.876")
    assert str(made.unit_cost) == unit_cost


def test_the_cost_of_a_lump_is_rounded_at_the_currency_by_the_setting() -> None:
    lump = {"cost_price_per_unit": "0.835"}
    assert charge("3", "3.3333", "10.00", **lump).unit_cost == Decimal("2.51")
    assert charge("3", "3.3333", "10.00", using=policies(rounding="half_even"), **lump).unit_cost == Decimal("2.50")


@pytest.mark.parametrize(("quantity", "price", "base"), [("10", "12.00", "120.00"), ("3", "3.3333", "10.00")])
def test_a_line_without_a_cost_sends_none(quantity: str, price: str, base: str) -> None:
    assert charge(quantity, price, base, cost_price_per_unit=None).unit_cost is None


# Rules M10 and M13, comparing and adding


def test_amounts_are_equal_at_the_currency_and_without_tolerance() -> None:
    assert same_amount(Decimal("10.0000000000"), Decimal("10.00"), USD, DEFAULT)
    assert same_amount(Decimal("10.004"), Decimal(10), USD, DEFAULT)
    assert not same_amount(Decimal("10.01"), Decimal(10), USD, DEFAULT)
    assert same_amount(Decimal("10.4"), Decimal(10), JPY, DEFAULT)
    assert not same_amount(Decimal("10.005"), Decimal(10), USD, DEFAULT)
    assert same_amount(Decimal("10.005"), Decimal(10), USD, policies(rounding="half_even"))


def test_the_difference_of_totals_is_exact() -> None:
    pushed = [Decimal("0.1")] * 10
    assert difference_of_totals(pushed, [Decimal(1)]) == 0
    assert difference_of_totals(pushed, [Decimal("1.01")]) == Decimal("-0.01")
    assert difference_of_totals([Decimal("1e20"), Decimal("1e-20")], [Decimal("1e20")]) == Decimal("1e-20")


# Rule M1, no float


@pytest.mark.parametrize(
    "member", ["quantity", "price_per_unit", "base_amount", "manual_discount_amount", "cost_price_per_unit"]
)
def test_a_float_is_refused_wherever_it_comes_from(member: str) -> None:
    members: dict[str, Any] = {"quantity": "1", "price_per_unit": "1.50", "base_amount": "1.50", member: 1.5}
    with pytest.raises((TypeError, AttributeError)):
        charge_of(invoice_line(**members), USD, DEFAULT)


# Numbers for people


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        ("1E+3", 0, "1000"),
        ("10.500", 0, "10.5"),
        ("10.500", 2, "10.50"),
        ("10.5678", 2, "10.5678"),
        ("0.0000001", 0, "0.0000001"),
        ("-0.00", 2, "0.00"),
        ("-3.10", 0, "-3.1"),
    ],
)
def test_numbers_are_written_without_exponent_and_needless_zeros(number: str, decimals: int, text: str) -> None:
    assert plain(Decimal(number), decimals) == text


def test_without_decimals_a_number_is_as_short_as_it_can_be() -> None:
    assert plain(Decimal("12.00")) == "12"


def test_net_amount_is_base_less_manual_discount_at_the_currency() -> None:
    line = invoice_line(base_amount="120.004", manual_discount_amount="18.00")
    assert str(net_amount_of(line, USD, DEFAULT)) == "102.00"
    assert str(net_amount_of(line, JPY, DEFAULT)) == "102"
    assert str(net_amount_of(line, KWD, DEFAULT)) == "102.004"
