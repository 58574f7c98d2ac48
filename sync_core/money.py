"""Money of one invoice line: the net amount, and the quantity and unit price that bill exactly this amount (M1 to M14).

The amounts on the Dataverse line are the truth; prices are never worked out again (M2) nor converted (M14), and tax is
not read at all (M11). Everything is `Decimal`, in the major unit of the invoice's currency. Intermediate results are
exact: Python's usual 28 digits would round a large quantity times a long price once before the rounding that is meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
    localcontext,
)

from dataverse.work365.records import Currency, InvoiceLine
from sync_core.policies import ConnectorPolicies

QUANTITY_DECIMALS = 5
"""Decimals of a Dataverse quantity; prorated quantities use all of them (M6)."""

_EXACT = Context(prec=200, traps=[DivisionByZero, FloatOperation, InvalidOperation, Overflow])
_ROUNDING_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_USUAL_CURRENCY_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Charge:
    """What ConnectWise is told: `quantity` x `unit_price`, rounded at the currency's decimals, equals `net_amount`.

    `unit_cost` is None when the line has no cost. `is_lump`: the line became one unit at its net amount (M3).
    """

    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal | None
    net_amount: Decimal
    is_lump: bool


def net_amount_of(line: InvoiceLine, currency: Currency, policies: ConnectorPolicies) -> Decimal:
    """Return the net amount of the line at the currency's decimals: base amount less manual discount, without tax."""
    with localcontext(_EXACT):
        return _rounded(line.base_amount - line.manual_discount_amount, currency, _rounding_mode(policies))


def charge_of(line: InvoiceLine, currency: Currency, policies: ConnectorPolicies) -> Charge:
    """Choose quantity and unit price for the line: direct, divided or lump, in this order (M3); signs are kept (M7)."""
    with localcontext(_EXACT):
        net_amount = net_amount_of(line, currency, policies)
        unit_price = _direct_price(line, net_amount, currency, policies)
        if unit_price is None:
            unit_price = _divided_price(line, net_amount, currency, policies)
        if unit_price is None:
            return _lump(line, net_amount, currency, policies)
        sign = -1 if line.quantity < 0 and policies.sign_policy == "price" else 1
        return Charge(
            quantity=_trimmed(sign * line.quantity),
            unit_price=_trimmed(sign * unit_price, currency.decimals),
            unit_cost=_cost(line.cost_price_per_unit, sign, currency),
            net_amount=net_amount,
            is_lump=False,
        )


def billed_amount(quantity: Decimal, unit_price: Decimal, currency: Currency, policies: ConnectorPolicies) -> Decimal:
    """Return what an addition of this quantity and unit price bills, at the currency's decimals."""
    with localcontext(_EXACT):
        return _rounded(quantity * unit_price, currency, _rounding_mode(policies))


def same_amount(one: Decimal, other: Decimal, currency: Currency, policies: ConnectorPolicies) -> bool:
    """Whether two amounts are equal at the currency's decimals; there is no tolerance (M13)."""
    with localcontext(_EXACT):
        mode = _rounding_mode(policies)
        return _rounded(one, currency, mode) == _rounded(other, currency, mode)


def difference_of_totals(pushed: Iterable[Decimal], expected: Iterable[Decimal]) -> Decimal:
    """Return the sum of the pushed amounts less the sum of the expected ones; anything but zero blocks a push (M10).

    With all lines of an invoice pushed, `expected` can also be the invoice's `totallineitemamount` alone.
    """
    with localcontext(_EXACT):
        return sum(pushed, Decimal(0)) - sum(expected, Decimal(0))


def fits_decimals(number: Decimal, decimals: int) -> bool:
    """Whether the number is exact with this many decimals; trailing zeros do not count."""
    with localcontext(_EXACT):
        return number == _at(number, decimals)


def plain(number: Decimal, decimals: int = 0) -> str:
    """Return the exact number for a person to read: no exponent, no needless zeros, at least this many decimals."""
    with localcontext(_EXACT):
        return format(_trimmed(number, decimals), "f")


def _direct_price(
    line: InvoiceLine, net_amount: Decimal, currency: Currency, policies: ConnectorPolicies
) -> Decimal | None:
    price = line.price_per_unit
    if line.manual_discount_amount or not fits_decimals(price, _allowed_price_decimals(currency, policies)):
        return None
    return price if _bills_exactly(line.quantity, price, net_amount, currency, policies) else None


def _divided_price(
    line: InvoiceLine, net_amount: Decimal, currency: Currency, policies: ConnectorPolicies
) -> Decimal | None:
    if not line.quantity or not fits_decimals(line.quantity, QUANTITY_DECIMALS):
        return None
    price = _at(net_amount / line.quantity, _allowed_price_decimals(currency, policies))
    return price if price * line.quantity == net_amount else None


def _lump(line: InvoiceLine, net_amount: Decimal, currency: Currency, policies: ConnectorPolicies) -> Charge:
    # A credit stays a negative quantity (M7): a tenant that refuses negative prices must not see one here either.
    quantity = Decimal(-1 if line.quantity < 0 and policies.sign_policy == "quantity" else 1)
    cost = line.cost_price_per_unit
    if cost is not None:
        cost = _rounded(line.quantity * cost, currency, _rounding_mode(policies))
    return Charge(
        quantity=quantity,
        unit_price=_trimmed(quantity * net_amount, currency.decimals),
        unit_cost=_cost(cost, quantity, currency),
        net_amount=net_amount,
        is_lump=True,
    )


def _bills_exactly(
    quantity: Decimal, unit_price: Decimal, net_amount: Decimal, currency: Currency, policies: ConnectorPolicies
) -> bool:
    """Whether the product is the net amount by our rounding and by ConnectWise's, which is taken to be half up."""
    if not fits_decimals(quantity, QUANTITY_DECIMALS):
        return False
    modes = {_rounding_mode(policies), ROUND_HALF_UP}
    return all(_rounded(quantity * unit_price, currency, mode) == net_amount for mode in modes)


def _allowed_price_decimals(currency: Currency, policies: ConnectorPolicies) -> int:
    """Decimals that a unit price may have: the setting is for cents, a currency with fewer decimals gets fewer (M5)."""
    return max(0, policies.price_decimals - max(0, _USUAL_CURRENCY_DECIMALS - currency.decimals))


def _cost(cost: Decimal | None, sign: Decimal | int, currency: Currency) -> Decimal | None:
    """Turn the unit cost round together with the quantity, so that quantity x cost keeps the sign of the line."""
    return None if cost is None else _trimmed(sign * cost, currency.decimals)


def _rounding_mode(policies: ConnectorPolicies) -> str:
    return _ROUNDING_MODES[policies.rounding]


def _rounded(amount: Decimal, currency: Currency, mode: str) -> Decimal:
    return _at(amount, currency.decimals, mode) + 0  # adding zero turns a negative zero into a plain one


def _trimmed(number: Decimal, decimals: int = 0) -> Decimal:
    """Return the same number with `decimals` decimals, or with as many more as it needs to stay exact."""
    shortened = _at(number, decimals)
    return (shortened if shortened == number else number.normalize()) + 0


def _at(number: Decimal, decimals: int, mode: str = ROUND_HALF_EVEN) -> Decimal:
    # Unlike round(), quantize() does not exist on a float, so none can slip through (M1).
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=mode)
