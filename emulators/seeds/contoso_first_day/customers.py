"""Which of the forty customers ConnectWise knows already, under which name, and what else it has of them."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.seeds.contoso.customers import CUSTOMERS, Customer

CAFE_ZURICH, CITY_POWER, FABRIKAM, LITWARE, NORTHWIND, PROSEWARE, RELECLOUD, VANARSDEL, WIDE_WORLD = (
    6,
    8,
    13,
    21,
    26,
    28,
    29,
    35,
    36,
)
"""Numbers of the customers that something is said of."""

_FIRST_COMPANY_ID: Final = 101


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """A customer as ConnectWise has it; `members` are those of the company that are not the usual ones."""

    place: int
    number: int
    identifier: str
    name: str
    members: dict[str, Any] = field(default_factory=dict)

    @property
    def customer(self) -> Customer:
        """The customer as Work 365 has it."""
        return CUSTOMERS[self.number]

    @property
    def company_id(self) -> int:
        """Id of the company in ConnectWise."""
        return _FIRST_COMPANY_ID + self.place


def domain_of(customer: Customer) -> str:
    """Return the invented domain of a customer's web site."""
    plain = unicodedata.normalize("NFKD", customer.name).encode("ascii", "ignore").decode()
    letters = "".join(character for character in plain.casefold() if character.isalpha())
    return f"{letters or f'customer{customer.number + 1:02d}'}.example"


def _site(number: int) -> dict[str, Any]:
    return {"website": f"http://{domain_of(CUSTOMERS[number])}"}


def _phone(number: int) -> dict[str, Any]:
    return {"phoneNumber": f"555{number:07d}"}


_ROWS: Final[tuple[tuple[int, str, str, dict[str, Any]], ...]] = (
    (CAFE_ZURICH, "CAFEZURICH", "Cafe Zurich AG", _site(CAFE_ZURICH)),
    (CITY_POWER, "CITYPOWER", "City Power and Light", _phone(CITY_POWER)),
    (FABRIKAM, "FABRIKAM", "Fabrikam Incorporated", _phone(FABRIKAM) | _site(FABRIKAM)),
    (LITWARE, "LITWARE", "LITWARE", _phone(LITWARE)),
    (NORTHWIND, "NORTHWIND", "Northwind Traders", {}),
    (PROSEWARE, "PROSEWARE", "Proseware", _site(PROSEWARE)),
    (VANARSDEL, "VANARSDEL", "Van Arsdell Limited", _site(VANARSDEL)),
    (WIDE_WORLD, "WIDEWORLD", "Wide World Importers, LLC", _phone(WIDE_WORLD)),
)

KNOWN: Final = tuple(KnownCompany(place, *row) for place, row in enumerate(_ROWS))
KNOWN_BY_NUMBER: Final = {company.number: company for company in KNOWN}
