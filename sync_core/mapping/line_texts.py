"""Texts of an invoice line: its name, the description of its addition, and the calculation behind a lump."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from dataverse.work365.records import Currency, Invoice, InvoiceLine
from sync_core.money import plain

MAX_DESCRIPTION_LENGTH = 6000
"""Length of `invoiceDescription` (ConnectWise Developer Guide), counted in UTF-16 code units."""

_CUT = "…"
_UNITS_OF_LINE_BREAK = 3
"""ConnectWise does not store line breaks; whatever separator stands for one on the way out takes at most this much."""


@dataclass(frozen=True, slots=True)
class Description:
    """The description of an addition; `is_shortened` when its texts did not fit."""

    text: str
    is_shortened: bool


def name_of_line(line: InvoiceLine) -> str | None:
    """Return the name that Work 365 prints for what the line charges, the product's before a write-in's."""
    names = (line.subscription_name, line.non_recurring_item_name, line.product_name, line.product_description)
    return next((name.strip() for name in names if name and name.strip()), None)


def description_of(
    line: InvoiceLine, invoice: Invoice, *, calculation: str | None = None, marker: str | None = None
) -> Description:
    """Return line1 or the name, line2 or the description, then calculation and marker, at most 6,000 units long.

    Markup is text like any other. When the texts are too long they are cut; calculation and marker stay whole, the
    marker at the very end.
    """
    first = _text(line.line1) or _text(name_of_line(line)) or _position(line, invoice)
    second = _text(line.line2) or _text(line.description)
    texts = first if second in ("", first) else f"{first}\n{second}"
    tail = "".join(f"\n{part}" for part in (calculation, marker) if part)
    room = MAX_DESCRIPTION_LENGTH - _units(tail)
    shortened = _cut(texts, room)
    return Description(shortened + tail, is_shortened=shortened != texts)


def calculation_of(line: InvoiceLine, currency: Currency) -> str:
    """Return how Work 365 came to the amount, such as "10.5 x 12.37 less 3 %", for a line that is sent as a lump."""
    calculation = f"{plain(line.quantity)} x {plain(line.price_per_unit, currency.decimals)}"
    unit = Decimal(1).scaleb(-currency.decimals)
    if abs(line.quantity * line.price_per_unit - line.base_amount) * 2 > unit:
        # A volume discount, or a price that somebody set: the product alone would not explain the amount.
        calculation += f", charged at {plain(line.base_amount, currency.decimals)}"
    if line.manual_discount_amount:
        calculation += f" less {_discount(line, currency, unit)}"
    return calculation


def _discount(line: InvoiceLine, currency: Currency, unit: Decimal) -> str:
    """Return the discount as a whole percentage where that gives the very amount, else as an amount."""
    if line.base_amount > 0:
        percentage = round(line.manual_discount_amount / line.base_amount * 100)
        if abs(line.base_amount * percentage / 100 - line.manual_discount_amount) * 2 <= unit:
            return f"{percentage} %"
    return plain(line.manual_discount_amount, currency.decimals)


def _position(line: InvoiceLine, invoice: Invoice) -> str:
    return f"Invoice {invoice.number}" + (f", line {line.line_number}" if line.line_number is not None else "")


def _text(text: str | None) -> str:
    """Return the text with each run of line breaks as one newline and no blank lines around it."""
    lines = (line.strip() for line in (text or "").splitlines())
    return "\n".join(line for line in lines if line)


def _units(text: str) -> int:
    return sum(map(_units_of, text))


def _units_of(character: str) -> int:
    if character == "\n":
        return _UNITS_OF_LINE_BREAK
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, room: int) -> str:
    """Return the text, or as much of its beginning as fits with an ellipsis; a character is never cut in two."""
    if _units(text) <= room:
        return text
    units_so_far = list(accumulate(map(_units_of, text), initial=_units(_CUT)))
    return text[: bisect_right(units_so_far, room) - 1].rstrip() + _CUT
