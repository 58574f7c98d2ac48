"""The currencies that both emulators know, and rounding at their decimals."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class SeedCurrency:
    """A currency on both sides; `per_dollar` turns the list prices of the seed into this currency."""

    iso_code: str
    dataverse_id: str
    connectwise_id: int
    decimals: int
    per_dollar: Decimal

    def rounded(self, amount: Decimal) -> Decimal:
        """Return the amount at the currency's decimals, halves away from zero (domain.md M4)."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)


def _currency(iso_code: str, number: int, decimals: int, per_dollar: str) -> SeedCurrency:
    dataverse_id = f"77777777-7777-4777-8777-{number:012d}"
    return SeedCurrency(iso_code, dataverse_id, number, decimals, Decimal(per_dollar))


USD: Final = _currency("USD", 1, 2, "1")
EUR: Final = _currency("EUR", 2, 2, "0.92")
JPY: Final = _currency("JPY", 4, 0, "150")
