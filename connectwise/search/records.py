"""What a search finds."""

from dataclasses import dataclass
from enum import StrEnum


class SearchKind(StrEnum):
    """What can be searched, by the name that the HTTP API gives it."""

    CATALOG_ITEM = "catalog-items"
    COMPANY = "companies"
    AGREEMENT = "agreements"


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A record as a person has to see it to tell it from others.

    `identifier` belongs to companies and catalog items, `city` to companies, the company's id and name to agreements.
    `status` is ConnectWise's own word; `product_class` is that of a catalog item. `is_deleted`: in the recycle bin.
    """

    kind: SearchKind
    psa_id: int
    name: str
    identifier: str | None = None
    types: tuple[str, ...] = ()
    status: str | None = None
    city: str | None = None
    company_id: int | None = None
    company_name: str | None = None
    product_class: str | None = None
    is_deleted: bool = False
    is_inactive: bool = False


@dataclass(frozen=True, slots=True)
class SearchHits:
    """The records that may match, in no useful order; `is_cut` when ConnectWise has more than were read."""

    hits: tuple[SearchHit, ...]
    is_cut: bool
