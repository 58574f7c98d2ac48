"""Rows of lists as compact entries."""

from datetime import UTC, datetime
from typing import Any

from connectwise.directory.records import ListEntry, ListKind, Named, named
from connectwise.endpoints import AGREEMENTS, COMPANIES
from connectwise.errors import AnswerNotUnderstood
from connectwise.paging import Row

PATHS = {ListKind.COMPANY: COMPANIES, ListKind.AGREEMENT: AGREEMENTS}

# dateEntered is asked for in both places: which of them a version shows is not documented
_COMMON_FIELDS = ("id", "name", "dateEntered", "_info/lastUpdated", "_info/dateEntered")
FIELDS = {
    ListKind.COMPANY: (
        *_COMMON_FIELDS,
        "identifier",
        "types/id",
        "types/name",
        "status/id",
        "status/name",
        "deletedFlag",
    ),
    ListKind.AGREEMENT: (
        *_COMMON_FIELDS,
        "type/id",
        "type/name",
        "agreementStatus",
        "billingCycle/id",
        "billingCycle/name",
        "billOneTimeFlag",
        "company/id",
        "company/name",
    ),
}


def entry_from(kind: ListKind, row: Row) -> ListEntry:
    """Return the entry of a row that holds `FIELDS`; raises AnswerNotUnderstood for another shape."""
    try:
        return _company(row) if kind is ListKind.COMPANY else _agreement(row)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise AnswerNotUnderstood(
            method="GET", path=PATHS[kind], status=200, vendor_message=f"unexpected {kind}, {wrong!r}"
        ) from None


def _company(row: Row) -> ListEntry:
    return ListEntry(
        psa_id=row["id"],
        name=_text(row.get("name")),
        identifier=row.get("identifier"),
        types=tuple(_reference(one) for one in row.get("types") or ()),
        status=_reference_or_none(row.get("status")),
        frequency=None,
        is_one_time=False,
        company=None,
        created_on=_created_on(row),
        modified_on=_modified_on(row),
        is_deleted=bool(row.get("deletedFlag")),
    )


def _agreement(row: Row) -> ListEntry:
    agreement_type = _reference_or_none(row.get("type"))
    # the status of an agreement is a word, not a reference
    status = row.get("agreementStatus")
    return ListEntry(
        psa_id=row["id"],
        name=_text(row.get("name")),
        identifier=None,
        types=(agreement_type,) if agreement_type else (),
        status=named(0, status) if isinstance(status, str) else None,
        frequency=_reference_or_none(row.get("billingCycle")),
        is_one_time=bool(row.get("billOneTimeFlag")),
        company=_reference_or_none(row.get("company"), shared=False),
        created_on=_created_on(row),
        modified_on=_modified_on(row),
    )


def _created_on(row: Row) -> datetime | None:
    return _moment(row.get("dateEntered") or (row.get("_info") or {}).get("dateEntered"))


def _modified_on(row: Row) -> datetime | None:
    return _moment((row.get("_info") or {}).get("lastUpdated"))


def _reference_or_none(value: Any, *, shared: bool = True) -> Named | None:
    return None if value is None else _reference(value, shared=shared)


def _reference(value: Any, *, shared: bool = True) -> Named:
    make = named if shared else Named
    return make(value["id"], _text(value.get("name")))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _moment(value: Any) -> datetime | None:
    return None if not value else datetime.fromisoformat(value).astimezone(UTC)
