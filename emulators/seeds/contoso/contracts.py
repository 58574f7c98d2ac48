"""The sixty billing contracts with the agreements that they are mapped to, a few of them wrongly on purpose."""

from dataclasses import dataclass, field
from typing import Any, Final

from emulators.seeds.connectwise_records import CYCLE_YEARLY
from emulators.seeds.contoso.customers import CUSTOMERS, Customer
from emulators.seeds.currencies import USD, SeedCurrency
from emulators.seeds.dataverse_rows import row_id

FIRST_AGREEMENT_ID: Final = 501
_SECOND_CONTRACTS: Final = 20

CANCELLED, PRORATING, ENDED, UNMAPPED, OTHER_COMPANY, NOT_STARTED, YEARLY = 5, 11, 23, 26, 31, 33, 38
WRONG_CURRENCY: Final = 47
_UNUSUAL_AGREEMENTS: Final[dict[int, dict[str, Any]]] = {
    CANCELLED: {
        "cancelledFlag": True,
        "dateCancelled": "2026-02-15T00:00:00Z",
        "reasonCancelled": "Replaced by a one-time agreement",
    },
    PRORATING: {"prorateFlag": True},
    ENDED: {"noEndingDateFlag": False, "endDate": "2026-02-28T00:00:00Z"},
    NOT_STARTED: {"startDate": "2026-04-01T00:00:00Z", "billStartDate": "2026-04-01T00:00:00Z"},
    YEARLY: {"billingCycle": {"id": CYCLE_YEARLY}},
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One billing contract and its agreement; `agreement_members` are those that are not the usual ones."""

    number: int
    customer: Customer
    frequency: str
    agreement_company_id: int
    agreement_currency: SeedCurrency
    is_one_time: bool
    agreement_members: dict[str, Any] = field(default_factory=dict)

    @property
    def contract_id(self) -> str:
        """Id of the billing contract."""
        return row_id("work365_billingcontract", self.number)

    @property
    def name(self) -> str:
        """Number by which people call the contract."""
        return f"BC-{1801 + self.number}"

    @property
    def agreement_id(self) -> int:
        """Id of the agreement in ConnectWise."""
        return FIRST_AGREEMENT_ID + self.number

    @property
    def agreement_name(self) -> str:
        """Name of the agreement; agreements of different customers share it, as names are not unique."""
        return "Cloud one-time charges" if self.is_one_time else f"Cloud subscriptions {self.name}"

    @property
    def is_mapped(self) -> bool:
        """Whether somebody has mapped the contract."""
        return self.number != UNMAPPED


def _frequency(number: int) -> str:
    second = number - len(CUSTOMERS)
    if second < 0:
        return "Monthly"
    return "Annual" if second < 8 else "Quarterly" if second < 14 else "One Time"


def _contract(number: int) -> Contract:
    customer = CUSTOMERS[number % len(CUSTOMERS)]
    company_id = customer.company_id + (1 if number == OTHER_COMPANY else 0)
    return Contract(
        number=number,
        customer=customer,
        frequency=_frequency(number),
        agreement_company_id=company_id,
        agreement_currency=USD if number == WRONG_CURRENCY else customer.currency,
        is_one_time=number % 2 == 0 and number not in _UNUSUAL_AGREEMENTS,
        agreement_members=_UNUSUAL_AGREEMENTS.get(number, {}),
    )


CONTRACTS: Final = tuple(_contract(number) for number in range(len(CUSTOMERS) + _SECOND_CONTRACTS))
