"""A ConnectWise record as it would be created, or the reason why it cannot be."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from connectwise.creation.records import NewAgreement, NewCatalogItem, NewCompany, NewContact
from sync_core.money import plain
from sync_core.prerequisites import Prerequisite

T = TypeVar("T")
NewRecord = NewCatalogItem | NewCompany | NewContact | NewAgreement

# where a member is not the field in camel case, without `_id` at its end
_MEMBERS = {
    "integration_xref": "integrationXRef",
    "is_one_time": "billOneTimeFlag",
    "site_name": "site",
    "type_ids": "types",
    "email": "communicationItems/Email",
    "phone": "communicationItems/Phone",
}


@dataclass(frozen=True, slots=True)
class Creation(Generic[T]):
    """The record to create; `warnings` are sentences about what was shortened, left out or chosen."""

    record: T
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why the record cannot be created: `message` is one sentence that says what to do next."""

    code: str
    message: str
    prerequisite: Prerequisite | None = None


def shown(record: NewRecord) -> dict[str, str]:
    """Return every member that is sent when the record is created, as text, under ConnectWise's name of it.

    References are shown as ids, dates as `YYYY-MM-DD`, amounts as plain decimals, flags as `true` and `false`.
    """
    members = {_member(one.name): getattr(record, one.name) for one in fields(record)}
    return {name: _text(value) for name, value in (*members.items(), *_implied(record)) if value not in (None, ())}


def _implied(record: NewRecord) -> Iterator[tuple[str, object]]:
    """Yield the members that follow from what the record is."""
    if isinstance(record, NewContact):
        yield "defaultFlag", True
    if isinstance(record, NewAgreement):
        yield "noEndingDateFlag", record.end_date is None
        yield "prorateFlag", False


def _member(field_name: str) -> str:
    first, *rest = field_name.removesuffix("_id").split("_")
    return _MEMBERS.get(field_name) or first + "".join(word.capitalize() for word in rest)


def _text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return plain(value, 2)
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
