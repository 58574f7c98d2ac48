"""The forty customers of the month, with the person who is billed; all companies and people are invented."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from emulators.seeds.currencies import EUR, JPY, USD, SeedCurrency
from emulators.seeds.dataverse_rows import row_id

FIRST_COMPANY_ID: Final = 301
UNMAPPED: Final = 29
"""Number of the customer that nobody has mapped yet."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer: an account in Work 365 and a company in ConnectWise."""

    number: int
    name: str
    city: str
    country: str
    country_id: int
    first_name: str
    last_name: str
    currency: SeedCurrency = USD

    @property
    def account_id(self) -> str:
        """Id of the account."""
        return row_id("account", self.number)

    @property
    def contact_id(self) -> str:
        """Id of the primary contact."""
        return row_id("contact", self.number)

    @property
    def company_id(self) -> int:
        """Id of the company in ConnectWise."""
        return FIRST_COMPANY_ID + self.number

    @property
    def identifier(self) -> str:
        """Identifier of the company: capitals, digits, at most 25 characters."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        letters = "".join(character for character in plain.upper() if character.isalnum())
        return f"{letters[:20]}{self.number + 1:02d}"

    @property
    def email(self) -> str:
        """Address of the primary contact."""
        return f"billing{self.number + 1:02d}@customer.example"


_US, _CA, _GB, _AT, _DE, _CH, _JP = (
    ("United States", 1),
    ("Canada", 2),
    ("United Kingdom", 3),
    ("Austria", 4),
    ("Germany", 5),
    ("Switzerland", 6),
    ("Japan", 7),
)
_ROWS: Final = (
    ("Adventure Works Cycles", "Bothell", _US, "Ava", "Stone"),
    ("Alpine Ski House", "Innsbruck", _AT, "Jörg", "Gruber"),
    ("Bellows College", "Portland", _US, "Beth", "O'Neil"),
    ("Best For You Organics Company", "Boise", _US, "Chris", "Nash"),
    ("Blue Yonder Airlines", "Tampa", _US, "Dana", "Cruz"),
    ("Boulder Innovations", "Boulder", _US, "Eli", "Park"),
    ("Café Zürich AG", "Zürich", _CH, "Zoë", "Müller"),
    ("O'Reilly & Söhne GmbH", "München", _DE, "Séan", "O'Reilly"),
    ("City Power & Light", "Tacoma", _US, "Faye", "Young"),
    ("Coho Vineyard & Winery", "Yakima", _US, "Gus", "Hale"),
    ("Consolidated Messenger", "Austin", _US, "Hana", "Reed"),
    ("Datum Corporation", "Dallas", _US, "Ivan", "Petrov"),
    ("株式会社さくらシステムズ", "東京", _JP, "花子", "佐藤"),
    ("Fabrikam, Inc.", "Redmond", _US, "Jill", "Frank"),
    ("Fincher Architects", "Toronto", _CA, "Kai", "Fincher"),
    ("First Up Consultants", "Chicago", _US, "Lena", "Vance"),
    ("Fourth Coffee", "Seattle", _US, "Mona", "Bell"),
    ("Graphic Design Institute", "New York", _US, "Nils", "Borg"),
    ("Humongous Insurance", "Hartford", _US, "Opal", "King"),
    ("Lamna Healthcare Company", "Miami", _US, "Pia", "Lund"),
    ("Liberty's Delightful Sinful Bakery & Cafe", "Savannah", _US, "Liberty", "D'Angelo"),
    ("Litware, Inc.", "Denver", _US, "Quin", "Shaw"),
    ("Lucerne Publishing", "Luzern", _CH, "Reto", "Ammann"),
    ("Margie's Travel", "Orlando", _US, "Margie", "Shoop"),
    ("Munson's Pickles and Preserves Farm", "Fresno", _US, "Sam", "Munson"),
    ("Nod Publishers", "London", _GB, "Tess", "Ward"),
    ("Northwind Traders", "Spokane", _US, "Uma", "Iyer"),
    ("Ærøskøbing Shipping Ltd", "Hull", _GB, "Vagn", "Sørensen"),
    ("Proseware, Inc.", "San Diego", _US, "Wes", "Long"),
    ("Relecloud", "San Jose", _US, "Xena", "Blum"),
    ("School of Fine Art", "Santa Fe", _US, "Yara", "Costa"),
    ("Southridge Video", "Burbank", _US, "Zack", "Moss"),
    ("Tailspin Toys", "Omaha", _US, "Anna", "Lidman"),
    ("The Phone Company", "Memphis", _US, "Ben", "Smith"),
    ("Trey Research", "Raleigh", _US, "Cleo", "Marsh"),
    ("VanArsdel, Ltd.", "Leeds", _GB, "Dave", "Van Arsdel"),
    ("Wide World Importers", "Oakland", _US, "Edna", "Ruiz"),
    ("Wingtip Toys — Łódź Branch", "Chicago", _US, "Łucja", "Żak"),
    ('Woodgrove Bank "Main Street"', "Albany", _US, "Finn", "Kerr"),
    ("Zażółć 100 % Natural Foods", "Detroit", _US, "Gita", "Rao"),
)
_CURRENCIES: Final = {7: EUR, 12: JPY}

CUSTOMERS: Final = tuple(
    Customer(number, name, city, *country, first_name, last_name, _CURRENCIES.get(number, USD))
    for number, (name, city, country, first_name, last_name) in enumerate(_ROWS)
)
