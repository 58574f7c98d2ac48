"""What the import reads from ConnectWise: compact entries of lists, and companies and contacts as a whole."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NewType

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from connectwise.records import CompanyId, CurrencyReference, Reference

ContactId = NewType("ContactId", int)


class ListKind(StrEnum):
    """Which list."""

    COMPANY = "company"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Named:
    """A reference to another record: id and the name that ConnectWise shows for it."""

    id: int
    name: str


@lru_cache(maxsize=4096)
def named(record_id: int, name: str) -> Named:
    """Return the one object for this id and name: 50,000 companies share a handful of types and statuses."""
    return Named(record_id, name)


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A company or an agreement as far as lists filter, sort and show it; some 400 bytes in memory.

    `types` are all types of a company, or the one of an agreement. `frequency` is the billing cycle, `is_one_time` the
    flag beside it. Times are aware UTC; `is_deleted` companies lie in ConnectWise's recycle bin.
    """

    psa_id: int
    name: str
    identifier: str | None
    types: tuple[Named, ...]
    status: Named | None
    frequency: Named | None
    is_one_time: bool
    company: Named | None
    created_on: datetime | None
    modified_on: datetime | None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What ConnectWise may leave out of an answer already; whoever asks filters exactly afterwards.

    Texts are pieces that ConnectWise and we compare in the same way: ASCII letters, digits and blanks. `type` and
    `status` are ids or such texts; `modified_since` is inclusive.
    """

    name_piece: str | None = None
    company_piece: str | None = None
    types: tuple[int | str, ...] = ()
    status: int | str | None = None
    modified_since: date | None = None


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Company(_Record):
    """A company as an import reads it; the address is that of its default site."""

    id: CompanyId
    identifier: str
    name: str
    account_number: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: Reference | None = None
    phone_number: str | None = None
    fax_number: str | None = None
    website: str | None = None
    default_contact: Reference | None = None
    currency: CurrencyReference | None = None
    deleted_flag: bool = False


class CommunicationItem(_Record):
    """One address of a contact: `communication_type` is Email, Phone or Fax."""

    value: str
    communication_type: str | None = None
    default_flag: bool = False


class Contact(_Record):
    """A contact."""

    id: ContactId
    first_name: str = ""
    last_name: str | None = None
    title: str | None = None
    communication_items: tuple[CommunicationItem, ...] = ()

    def address(self, communication_type: str) -> str | None:
        """Return the default address of this type, else the first one."""
        of_type = [item for item in self.communication_items if item.communication_type == communication_type]
        ordered = sorted(of_type, key=lambda item: not item.default_flag)
        return ordered[0].value if ordered else None
