"""What holds for any line, whatever its numbers: the charge bills the net, keeps the sign and stays writable."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dataverse.work365.records import Currency, InvoiceLine
from sync_core.money import billed_amount, charge_of, difference_of_totals, fits_decimals, net_amount_of
from sync_core.policies import ConnectorPolicies
from tests.builders import currency, invoice_line, policies

_CURRENCIES = st.sampled_from([currency(), currency("EUR"), currency("JPY", 0), currency("KWD", 3)])
_POLICIES = st.builds(
    policies,
    price_decimals=st.integers(0, 5),
    rounding=st.sampled_from(["half_up", "half_even"]),
    sign_policy=st.sampled_from(["quantity", "price"]),
)


def _numbers(largest: int, decimals: int, *, smallest: int | None = None) -> st.SearchStrategy[Decimal]:
    unit = 10**decimals
    return st.integers(-largest * unit if smallest is None else smallest, largest * unit).map(
        lambda units: Decimal(units).scaleb(-decimals)
    )


_EVERYDAY_QUANTITIES = st.one_of(st.integers(-500, 500).map(Decimal), _numbers(100, 5), _numbers(10**11, 5))
_PRICES = st.one_of(_numbers(1000, 2), _numbers(1000, 4), _numbers(10**12, 10))


@st.composite
def lines(draw: st.DrawFn, quantities: st.SearchStrategy[Decimal] = _EVERYDAY_QUANTITIES) -> InvoiceLine:
    """Lines as Work 365 makes them (base amount = quantity x price), and now and then one whose base amount is not."""
    quantity, price = draw(quantities), draw(_PRICES)
    with localcontext(prec=80):
        product = quantity * price
        usual = product.quantize(Decimal("0.01"), rounding=draw(st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN])))
    return invoice_line(
        quantity=quantity,
        price_per_unit=price,
        base_amount=draw(st.one_of(st.just(usual), st.just(product), _numbers(10**6, 4))),
        manual_discount_amount=draw(st.one_of(st.just(Decimal(0)), _numbers(1000, 2, smallest=0))),
        cost_price_per_unit=draw(st.one_of(st.none(), _numbers(1000, 4, smallest=0))),
    )


def _half_up(amount: Fraction, decimals: int) -> Fraction:
    """Round half away from zero in whole-number arithmetic, which shares nothing with `decimal`."""
    scaled = abs(amount) * 10**decimals
    rounded = Fraction((scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2), 10**decimals)
    return -rounded if amount < 0 else rounded


@given(lines(), _CURRENCIES, _POLICIES)
def test_what_is_billed_is_always_the_net_amount(line: InvoiceLine, money: Currency, using: ConnectorPolicies) -> None:
    made = charge_of(line, money, using)
    assert made.net_amount == net_amount_of(line, money, using)
    assert made.net_amount == billed_amount(made.quantity, made.unit_price, money, using)
    assert _half_up(Fraction(made.quantity) * Fraction(made.unit_price), money.decimals) == Fraction(made.net_amount)


@given(lines(), _CURRENCIES)
def test_the_net_amount_is_base_less_discount_rounded_half_up(line: InvoiceLine, money: Currency) -> None:
    exact = Fraction(line.base_amount) - Fraction(line.manual_discount_amount)
    assert Fraction(net_amount_of(line, money, policies())) == _half_up(exact, money.decimals)


@given(lines(), _CURRENCIES, _POLICIES)
@example(invoice_line(quantity="-1", price_per_unit="0.001", base_amount="0"), currency(), policies())
def test_signs_are_where_the_policy_wants_them(line: InvoiceLine, money: Currency, using: ConnectorPolicies) -> None:
    made = charge_of(line, money, using)
    if using.sign_policy == "price":
        assert made.quantity >= 0
    elif line.quantity:
        assert (made.quantity < 0) == (line.quantity < 0)
    billed = Fraction(made.quantity) * Fraction(made.unit_price)
    assert billed == 0 or made.net_amount == 0 or (billed < 0) == (made.net_amount < 0)
    for number in (made.quantity, made.unit_price, made.unit_cost, made.net_amount):
        assert number is None or not (number.is_signed() and number.is_zero())


@given(lines(), _CURRENCIES, _POLICIES)
def test_a_unit_price_has_no_more_decimals_than_are_allowed(
    line: InvoiceLine, money: Currency, using: ConnectorPolicies
) -> None:
    made = charge_of(line, money, using)
    assert fits_decimals(made.unit_price, money.decimals if made.is_lump else using.price_decimals)
    assert fits_decimals(made.quantity, 5)


@given(lines(), _CURRENCIES, _POLICIES)
def test_a_line_is_a_lump_of_one_unit_or_keeps_its_quantity(
    line: InvoiceLine, money: Currency, using: ConnectorPolicies
) -> None:
    made = charge_of(line, money, using)
    assert abs(made.quantity) == (1 if made.is_lump else abs(line.quantity))


@given(lines(), _CURRENCIES, _POLICIES)
def test_the_cost_of_the_charge_is_the_cost_of_the_line(
    line: InvoiceLine, money: Currency, using: ConnectorPolicies
) -> None:
    made = charge_of(line, money, using)
    if line.cost_price_per_unit is None or made.unit_cost is None:
        assert line.cost_price_per_unit is made.unit_cost
        return
    charged = Fraction(made.quantity) * Fraction(made.unit_cost)
    difference = abs(charged - Fraction(line.quantity) * Fraction(line.cost_price_per_unit))
    assert difference <= (Fraction(1, 2 * 10**money.decimals) if made.is_lump else 0)


@given(lines(quantities=_numbers(100, 9)), _CURRENCIES, _POLICIES)
def test_nothing_is_ever_a_float_and_no_number_is_needlessly_long(
    line: InvoiceLine, money: Currency, using: ConnectorPolicies
) -> None:
    made = charge_of(line, money, using)
    numbers: list[Any] = [made.quantity, made.unit_price, made.net_amount]
    if made.unit_cost is not None:
        numbers.append(made.unit_cost)
    assert {type(number) for number in numbers} == {Decimal}
    assert "E" not in "".join(str(number) for number in (made.quantity, made.unit_price, made.net_amount))


@given(st.lists(lines(), max_size=30), _CURRENCIES, _POLICIES)
def test_the_sum_of_what_is_billed_is_the_sum_of_the_nets(
    many: list[InvoiceLine], money: Currency, using: ConnectorPolicies
) -> None:
    charges = [charge_of(line, money, using) for line in many]
    pushed = [billed_amount(made.quantity, made.unit_price, money, using) for made in charges]
    assert difference_of_totals(pushed, [net_amount_of(line, money, using) for line in many]) == 0
