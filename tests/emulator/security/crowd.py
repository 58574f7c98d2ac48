"""A tenant in which records bear hostile names, and a slow reader of names that says what a search should find."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider
from tests.emulator.security.hostile import hostile_texts

CROWD = 40
_LONGEST_NAME = 30
"""Agreements and identifiers of ConnectWise are short."""

Item = dict[str, Any]


@cache
def hostile_names() -> list[str]:
    """Return names that both systems can hold, no two alike but for letter case."""
    names: dict[str, str] = {}
    for text in hostile_texts(2_000, seed=1):
        if text.isprintable() and text == text.strip() and 2 <= len(text) <= _LONGEST_NAME:
            names.setdefault(text.casefold(), text)
    every = len(names) // CROWD
    return list(names.values())[::every][:CROWD]


def move_in(outsider: Outsider) -> None:
    """Replace all rows: each account, contract, product and invoice, and their counterparts, bears a hostile name."""
    names = hostile_names()
    seed = bulk.build(lines=CROWD * 2, agreements=CROWD, products=CROWD)
    work365, psa = seed["dataverse"], seed["connectwise"]
    named = [
        (work365["accounts"], "name"),
        (work365["products"], "name"),
        (work365["work365_billingcontracts"], "work365_name"),
        (work365["invoices"], "name"),
        (psa["/company/companies"], "name"),
        (psa["/procurement/catalog"], "description"),
        (psa["/finance/agreements"], "name"),
    ]
    for shift, (rows, member) in enumerate(named):
        for number, row in enumerate(rows):
            row[member] = names[(number + shift) % CROWD]
    for number, row in enumerate(work365["invoicedetails"]):
        row["work365_invoiceproduct_line1"] = names[number % CROWD]
    outsider.replace_rows(seed)
    outsider.control("dataverse", "POST", "limits", {"enabled": False})  # 6,000 requests in five minutes are few here


def folded(text: str) -> str:
    """Without letter case, letter by letter: the lower case of a sigma depends on its place in the word."""
    return text.lower().replace("\u03c2", "\u03c3")


@dataclass(frozen=True)
class Place:
    """One place where a person's text reaches a search or a filter.

    `least` and `most` say of an item, as it is listed without a filter, whether it must and whether it may be found:
    a name that differs in more than letter case (a sharp s and two s) depends on ConnectWise's collation. Texts shorter
    than `shortest` are refused; `findable` are texts that find something beside the hostile names.
    """

    path: str
    parameter: str
    least: Callable[[Item, str], bool]
    most: Callable[[Item, str], bool]
    limit: int = 200
    shortest: int = 0
    findable: tuple[str, ...] = ()
    more: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What the place is called in counts."""
        return "&".join([f"{self.path}?{self.parameter}", *(f"{name}={value}" for name, value in self.more)])


def _texts(item: Item, members: Iterable[str]) -> list[str]:
    found = []
    for member in members:
        value: Any = item
        for part in member.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        found += [value] if isinstance(value, str) else []
    return found


def _anywhere(*members: str, fold: Callable[[str], str]) -> Callable[[Item, str], bool]:
    return lambda item, text: any(fold(text) in fold(one) for one in _texts(item, members))


def _search(path: str, *members: str, limit: int = 200, shortest: int = 0, **more: str) -> Place:
    return Place(
        path,
        "search",
        lambda item, text: _anywhere(*members, fold=folded)(item, text.strip()),
        lambda item, text: _anywhere(*members, fold=str.casefold)(item, text.strip()),
        limit=limit,
        shortest=shortest,
        more=tuple(more.items()),
    )


def _exactly(path: str, parameter: str, member: str, findable: str, **more: str) -> Place:
    def named(item: Item, text: str) -> bool:
        value = item[member]
        # an empty filter is none; ids are texts of digits, and which one a type has is not in the list
        return not text or text in (value if isinstance(value, list) else [value])

    return Place(
        path,
        parameter,
        named,
        lambda item, text: named(item, text) or (text.isascii() and text.isdigit()),
        findable=(findable,),
        more=tuple(more.items()),
    )


def _part_of(path: str, parameter: str, member: str) -> Iterator[Place]:
    """Yield both ways to the same filter: by ConnectWise's list, and by our mappings."""
    holds = _anywhere(member, fold=folded)
    for view in ("all", "mapped"):
        yield Place(path, parameter, holds, holds, more=(("mapped", view),))


def _all_texts_of_line(item: Item) -> str:
    """A line is also found by its description and its product's name, which the list does not show."""
    product = hostile_names()[item["line_number"] % CROWD]
    return "\0".join([item["name"], product, "02-Mar-2026 to 01-Apr-2026"])


_LISTED = ("name", "number", "account.name", "mapping.psa_name")
PLACES = [
    _search("psa/companies", "name", "identifier", limit=100, shortest=2),
    _search("psa/agreements", "name", limit=100, shortest=2),
    _search("psa/catalog-items", "name", "identifier", limit=100, shortest=2),
    _search("push/products", *_LISTED, suggestions="false"),
    _search("push/accounts", *_LISTED, suggestions="false"),
    _search("push/billing-contracts", *_LISTED, suggestions="false"),
    _search("push/invoices", "name", "number"),
    Place(
        f"push/invoices/{bulk.invoice_id(0)}/lines",
        "search",
        lambda item, text: _anywhere("name", fold=folded)(item, text.strip()),
        lambda item, text: text.strip().casefold() in _all_texts_of_line(item).casefold(),
    ),
    *_part_of("pull/companies", "name", "name"),
    *_part_of("pull/agreements", "name", "name"),
    *_part_of("pull/agreements", "company", "company.name"),
    _exactly("pull/companies", "type", "types", "Client", mapped="mapped"),
    _exactly("pull/companies", "status", "status", "Active", mapped="mapped"),
    _exactly("pull/agreements", "type", "type", "Cloud", mapped="mapped"),
    _exactly("pull/agreements", "frequency", "frequency", "Monthly"),
]
"""Every search and filter that takes a text."""
