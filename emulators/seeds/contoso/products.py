"""The twenty-five products of the price list: ten NCE offers as monthly and annual pairs, and five others.

Part numbers are shared by the two terms of an offer, product numbers are not (domain.md 1.2).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from emulators.seeds.dataverse_rows import UNIT_GROUP_ID, UNIT_ID, row_id

FIRST_CATALOG_ITEM_ID: Final = 701
TERM_GROUP_ID: Final = row_id("uomschedule", 1)
UNIT_OF_TERM: Final = {"Monthly": row_id("uom", 1), "Annual": row_id("uom", 2)}
"""Default units of the two terms of an offer (domain.md 1.2)."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product; `price` and `cost` are in US dollars per unit and billing cycle, `in_psa` more catalog members.

    `is_mapped` false: nobody has mapped it yet. `decimals`: of the quantities it is sold in.
    """

    number: int
    name: str
    product_number: str
    part_number: str
    price: Decimal
    cost: Decimal
    is_mapped: bool = True
    decimals: int = 0
    term: str = ""

    @property
    def product_id(self) -> str:
        """Id of the product in Work 365."""
        return row_id("product", self.number)

    @property
    def catalog_item_id(self) -> int:
        """Id of the catalog item in ConnectWise."""
        return FIRST_CATALOG_ITEM_ID + self.number

    @property
    def unit_id(self) -> str:
        """Id of the default unit, which has the price."""
        return UNIT_OF_TERM.get(self.term, UNIT_ID)

    @property
    def unit_group_id(self) -> str:
        """Id of the unit group."""
        return TERM_GROUP_ID if self.term else UNIT_GROUP_ID

    @property
    def in_psa(self) -> dict[str, Any]:
        """Members of the catalog item that are not the usual ones."""
        return _UNUSUAL.get(self.product_number, {})


_OFFERS: Final = (
    ("Microsoft 365 E3", "CFQ7TTC0LFLX", "0001", "46.80", "39.00"),
    ("Microsoft 365 E5", "CFQ7TTC0LFLZ", "0002", "68.40", "57.00"),
    ("Microsoft 365 Business Premium", "CFQ7TTC0LCHC", "0002", "26.40", "22.00"),
    ("Microsoft 365 Business Standard", "CFQ7TTC0LDPB", "0001", "15.00", "12.50"),
    ("Microsoft 365 Business Basic", "CFQ7TTC0LH18", "0001", "7.20", "6.00"),
    ("Microsoft 365 Apps for business", "CFQ7TTC0LH1G", "0001", "9.90", "8.25"),
    ("Office 365 E1", "CFQ7TTC0LF8Q", "0001", "12.00", "10.00"),
    ("Exchange Online (Plan 1)", "CFQ7TTC0LH16", "0001", "4.80", "4.00"),
    ("Microsoft Teams Phone Standard", "CFQ7TTC0LH0T", "0001", "9.60", "8.00"),
    ("Microsoft Entra ID P1", "CFQ7TTC0LFLS", "0002", "7.20", "6.00"),
)
_OTHERS: Final = (
    ("Azure plan", "DZH318Z0BPS6 -U", "DZH318Z0BPS6:0001", "0.0833", 5),
    ("Managed Backup per GB", "MSP-BACKUP-GB", "MSP-BACKUP", "0.0525", 5),
    ("Consulting hour", "MSP-CONSULT-H", "MSP-CONSULT", "145.00", 2),
    ("Visio Plan 2 - Monthly", "CFQ7TTC0HD32 -M", "CFQ7TTC0HD32:0002", "18.00", 0),
    ("Welcome pack", "MSP-WELCOME", "MSP-WELCOME", "99.00", 0),
)
_UNUSUAL: Final[dict[str, dict[str, Any]]] = {
    "MSP-WELCOME": {"productClass": "Bundle"},
    "CFQ7TTC0LF8Q -M": {"inactiveFlag": True},
}
_UNMAPPED: Final = "CFQ7TTC0HD32 -M"
_MARGIN: Final = Decimal("0.84")
_MONTHS_A_YEAR: Final = 12


def _cost(price: Decimal) -> Decimal:
    return (price * _MARGIN).quantize(Decimal("0.0001"))


def _products() -> tuple[Product, ...]:
    products: list[Product] = []
    for name, part, sku, monthly, annual in _OFFERS:
        for term, suffix, price in (
            ("Monthly", "M", Decimal(monthly)),
            ("Annual", "A", Decimal(annual) * _MONTHS_A_YEAR),
        ):
            term_name, term_number = f"{name} - {term}", f"{part} -{suffix}"
            products.append(
                Product(len(products), term_name, term_number, f"{part}:{sku}", price, _cost(price), term=term)
            )
    for name, product_number, part_number, text, decimals in _OTHERS:
        price = Decimal(text)
        mapped = product_number != _UNMAPPED
        products.append(
            Product(len(products), name, product_number, part_number, price, _cost(price), mapped, decimals)
        )
    return tuple(products)


PRODUCTS: Final = _products()
MONTHLY: Final = tuple(product for product in PRODUCTS if product.term == "Monthly")
ANNUAL: Final = tuple(product for product in PRODUCTS if product.term == "Annual")
AZURE, BACKUP, CONSULTING, VISIO, WELCOME_PACK = PRODUCTS[20:]
