"""What tells records of ConnectWise apart when a counterpart is looked for."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CatalogCandidate:
    """A catalog item that is active and no bundle; `part_numbers` are the manufacturer's and the vendor's."""

    psa_id: int
    identifier: str
    description: str
    part_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyCandidate:
    """A company that is not deleted; the address is that of its default site."""

    psa_id: int
    identifier: str
    name: str
    address_line1: str | None = None
    city: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementCandidate:
    """An agreement that is active; `billing_cycle` is the tenant's own name, `start_date` a date without a zone."""

    psa_id: int
    name: str
    company_id: int
    billing_cycle: str | None = None
    is_one_time: bool = False
    start_date: date | None = None
