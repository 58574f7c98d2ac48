"""The kinds of lines that a month brings, drawn with a fixed seed so that each build is the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from emulators.seeds.contoso.contracts import Contract
from emulators.seeds.contoso.products import ANNUAL, AZURE, BACKUP, CONSULTING, MONTHLY, VISIO, WELCOME_PACK, Product
from emulators.seeds.dataverse_rows import LineAmounts, row_id

_DAYS: Final = 31
_FIVE_DECIMALS: Final = Decimal("0.00001")
_FOUR_DECIMALS: Final = Decimal("0.0001")
_MOST_SUBSCRIPTIONS: Final = 6
_WITH_INACTIVE_PRODUCT: Final = 14
_SEATS: Final = (1, 1, 2, 3, 5, 5, 8, 10, 12, 15, 25, 40, 75, 120, 250)
_DISCOUNTS: Final = ("3", "5", "7.5", "10", "12.5", "15")
_NOTES: Final = (
    "Added by O'Brien, ticket #4711",
    "Ordered by Zoë — “urgent”",
    "<b>Promo</b>: 1 < 2 & 50 % off",
    "Price as agreed 🎉 (Łódź office)",
    "Rate: $12/user; see C:\\contracts\\2026",
    "追加ライセンス",
)
_WRITE_INS: Final = ("Onboarding workshop", "Migration of O'Reilly's mailboxes", "Domain renewal — café.example")
_TAX_PERCENT: Final = {"United States": "7", "Germany": "19", "Austria": "20", "United Kingdom": "20", "Japan": "10"}
_BUNDLE, _BUNDLE_ITEM = 2, 3


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a contract subscribes to."""

    contract: Contract
    position: int
    product: Product

    @property
    def subscription_id(self) -> str:
        """Id of the subscription."""
        return row_id("work365_subscription", self.contract.number * _MOST_SUBSCRIPTIONS + self.position)


@dataclass(frozen=True, slots=True)
class Charge:
    """One invoice line before it has a place on an invoice; without a product it is a write-in."""

    amounts: LineAmounts
    text: str
    note: str
    product: Product | None = None
    subscription: Subscription | None = None
    cost: Decimal | None = None
    is_taxable: bool = True
    product_type: int = 1


def subscriptions_of(contract: Contract) -> tuple[Subscription, ...]:
    """Return the subscriptions of a contract: annual terms when it is billed by the quarter or the year."""
    pool = ANNUAL if contract.frequency in ("Annual", "Quarterly") else MONTHLY
    usual = [product for product in pool if not product.in_psa]
    draw = Random(f"subscriptions of {contract.name}")
    chosen = draw.sample(usual, draw.randint(2, _MOST_SUBSCRIPTIONS))
    if contract.number == _WITH_INACTIVE_PRODUCT:
        chosen[0] = next(product for product in pool if product.in_psa)
    return tuple(Subscription(contract, position, product) for position, product in enumerate(chosen))


class ChargeMaker:
    """Draws the charges of one invoice."""

    def __init__(self, contract: Contract, draw: Random) -> None:
        self._contract = contract
        self._subscriptions = subscriptions_of(contract)
        self._draw = draw

    def month(self, number: int) -> list[Charge]:
        """Return `number` charges of an ordinary invoice, a full cycle of each subscription first."""
        charges = [self._full_cycle(subscription) for subscription in self._subscriptions[:number]]
        return self._fill(charges, number, _MONTH)

    def change_log(self, number: int) -> list[Charge]:
        """Return `number` changes within a term: additions by the day and refunds."""
        return self._fill([], number, _CHANGES)

    def project(self, number: int) -> list[Charge]:
        """Return `number` charges of work by the hour and of things that no product stands for."""
        return self._fill([], number, _PROJECT)

    def _fill(self, charges: list[Charge], number: int, kinds: "Kinds") -> list[Charge]:
        while len(charges) < number:
            kind = self._draw.choices(tuple(kinds), tuple(kinds.values()))[0]
            charges.extend(kind(self))
        return charges[:number]

    def _subscription(self) -> Subscription:
        return self._draw.choice(self._subscriptions)

    def _seats(self) -> Decimal:
        return Decimal(self._draw.choice(_SEATS))

    def _price(self, product: Product) -> Decimal:
        price = product.price * self._contract.customer.currency.per_dollar
        return price.quantize(_FOUR_DECIMALS) if product.decimals else self._contract.customer.currency.rounded(price)

    def _charge(
        self, product: Product, quantity: Decimal, note: str, *, discount: str = "0", price: Decimal | None = None
    ) -> Charge:
        customer = self._contract.customer
        is_taxable = product is not CONSULTING
        amounts = LineAmounts(
            quantity=quantity,
            price=self._price(product) if price is None else price,
            currency=customer.currency,
            discount_percent=Decimal(discount),
            tax_percent=Decimal(_TAX_PERCENT.get(customer.country, "0") if is_taxable else "0"),
        )
        cost = (product.cost * customer.currency.per_dollar).quantize(_FOUR_DECIMALS)
        return Charge(amounts, product.name, note, product, cost=cost, is_taxable=is_taxable)

    def _of_subscription(self, subscription: Subscription, quantity: Decimal, note: str, discount: str = "0") -> Charge:
        charge = self._charge(subscription.product, quantity, note, discount=discount)
        return replace(charge, subscription=subscription)

    def _full_cycle(self, subscription: Subscription) -> Charge:
        period = (
            "02-Mar-2026 to 01-Apr-2026" if subscription.product.term == "Monthly" else "02-Mar-2026 to 01-Mar-2027"
        )
        return self._of_subscription(subscription, self._seats(), period)

    def _prorated(self, sign: int) -> Charge:
        seats, days = self._seats(), self._draw.randint(1, _DAYS - 1)
        quantity = (sign * seats * days / _DAYS).quantize(_FIVE_DECIMALS, ROUND_HALF_UP)
        return self._of_subscription(self._subscription(), quantity, f"{sign * seats} x {days} of {_DAYS} days")

    def full_cycle(self) -> Iterator[Charge]:
        """A whole cycle of a subscription."""
        yield self._full_cycle(self._subscription())

    def proration(self) -> Iterator[Charge]:
        """Seats added within the cycle, by the day."""
        yield self._prorated(1)

    def refund(self) -> Iterator[Charge]:
        """Seats given back within the cycle, by the day."""
        yield self._prorated(-1)

    def credit(self) -> Iterator[Charge]:
        """A whole cycle taken back."""
        yield self._of_subscription(self._subscription(), -self._seats(), f"Credit. {self._draw.choice(_NOTES)}")

    def discount(self) -> Iterator[Charge]:
        """A whole cycle at a discount."""
        percent = self._draw.choice(_DISCOUNTS)
        note = f"{percent} % off. {self._draw.choice(_NOTES)}"
        yield self._of_subscription(self._subscription(), self._seats(), note, percent)

    def trial(self) -> Iterator[Charge]:
        """A whole cycle for nothing."""
        yield self._of_subscription(self._subscription(), self._seats(), "Free trial", "100")

    def nothing(self) -> Iterator[Charge]:
        """A subscription without seats."""
        yield self._of_subscription(self._subscription(), Decimal(0), "No seats in this period")

    def usage(self) -> Iterator[Charge]:
        """Metered use: many decimals of the quantity and of the price."""
        units = Decimal(self._draw.randint(1, 50_000_000)).scaleb(-4)
        yield self._charge(self._draw.choice((AZURE, BACKUP)), units, "Usage in February 2026")

    def consulting(self) -> Iterator[Charge]:
        """Work by the quarter of an hour."""
        hours = Decimal(self._draw.randint(1, 40)) / 4
        yield self._charge(CONSULTING, hours, self._draw.choice(_NOTES))

    def write_in(self) -> Iterator[Charge]:
        """Something that no product stands for."""
        currency = self._contract.customer.currency
        price = currency.rounded(Decimal(self._draw.randint(20, 900)) * currency.per_dollar)
        amounts = LineAmounts(Decimal(1), price, currency)
        yield Charge(amounts, self._draw.choice(_WRITE_INS), self._draw.choice(_NOTES), is_taxable=False)

    def unmapped_product(self) -> Iterator[Charge]:
        """A product that nobody has mapped yet."""
        yield self._charge(VISIO, self._seats(), "02-Mar-2026 to 01-Apr-2026")

    def psa_bundle(self) -> Iterator[Charge]:
        """A product whose catalog item is a bundle."""
        yield self._charge(WELCOME_PACK, Decimal(1), "For a new colleague")

    def bundle(self) -> Iterator[Charge]:
        """The heading of a bundle, which has no price, and what is in it."""
        heading = self._charge(WELCOME_PACK, Decimal(1), "Bundle of subscriptions", price=Decimal(0))
        yield replace(heading, product_type=_BUNDLE)
        yield replace(self._full_cycle(self._subscription()), product_type=_BUNDLE_ITEM)


Kinds = dict[Callable[[ChargeMaker], Iterator[Charge]], int]

_MONTH: Final[Kinds] = {
    ChargeMaker.full_cycle: 44,
    ChargeMaker.proration: 20,
    ChargeMaker.refund: 8,
    ChargeMaker.credit: 4,
    ChargeMaker.discount: 9,
    ChargeMaker.usage: 6,
    ChargeMaker.consulting: 4,
    ChargeMaker.trial: 2,
    ChargeMaker.write_in: 2,
    ChargeMaker.nothing: 1,
    ChargeMaker.unmapped_product: 1,
    ChargeMaker.psa_bundle: 1,
    ChargeMaker.bundle: 1,
}
_CHANGES: Final[Kinds] = {ChargeMaker.proration: 6, ChargeMaker.refund: 4, ChargeMaker.discount: 1}
_PROJECT: Final[Kinds] = {ChargeMaker.consulting: 5, ChargeMaker.write_in: 2, ChargeMaker.full_cycle: 2}
