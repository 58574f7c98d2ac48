"""Rows of lists as candidates; None for what can never be mapped."""

from datetime import date
from typing import Any

from connectwise.candidates.records import AgreementCandidate, CatalogCandidate, CompanyCandidate
from connectwise.endpoints import AGREEMENTS, CATALOG, COMPANIES
from connectwise.errors import AnswerNotUnderstood
from connectwise.paging import Row

CATALOG_FIELDS = (
    "id",
    "identifier",
    "description",
    "productClass",
    "inactiveFlag",
    "manufacturerPartNumber",
    "vendorSku",
)
COMPANY_FIELDS = (
    "id",
    "identifier",
    "name",
    "city",
    "zip",
    "addressLine1",
    "phoneNumber",
    "website",
    "deletedFlag",
)
AGREEMENT_FIELDS = (
    "id",
    "name",
    "company/id",
    "billingCycle/id",
    "billingCycle/name",
    "billOneTimeFlag",
    "startDate",
    "agreementStatus",
    "cancelledFlag",
)


def catalog_candidate(row: Row) -> CatalogCandidate | None:
    """Return the item, None for an inactive one and a bundle; raises AnswerNotUnderstood for another shape."""
    try:
        if row.get("inactiveFlag") is True or row.get("productClass") == "Bundle":
            return None
        numbers = (_text(row.get(name)) for name in ("manufacturerPartNumber", "vendorSku"))
        return CatalogCandidate(
            row["id"],
            _text(row.get("identifier")) or "",
            _text(row.get("description")) or "",
            tuple(dict.fromkeys(number for number in numbers if number)),
        )
    except (TypeError, AttributeError) as wrong:
        raise _not_understood(CATALOG, wrong) from None


def company_candidate(row: Row) -> CompanyCandidate | None:
    """Return the company, None for a deleted one; raises AnswerNotUnderstood for another shape."""
    try:
        if row.get("deletedFlag") is True:
            return None
        return CompanyCandidate(
            row["id"],
            _text(row.get("identifier")) or "",
            _text(row.get("name")) or "",
            address_line1=_text(row.get("addressLine1")),
            city=_text(row.get("city")),
            postal_code=_text(row.get("zip")),
            phone=_text(row.get("phoneNumber")),
            website=_text(row.get("website")),
        )
    except (TypeError, AttributeError) as wrong:
        raise _not_understood(COMPANIES, wrong) from None


def agreement_candidate(row: Row) -> AgreementCandidate | None:
    """Return the agreement, None for one that is not active; raises AnswerNotUnderstood for another shape."""
    try:
        company = row.get("company")
        is_active = _text(row.get("agreementStatus")) in {None, "Active"} and row.get("cancelledFlag") is not True
        if company is None or not is_active:
            return None
        started = _text(row.get("startDate"))
        return AgreementCandidate(
            row["id"],
            _text(row.get("name")) or "",
            company["id"],
            billing_cycle=_text((row.get("billingCycle") or {}).get("name")),
            is_one_time=row.get("billOneTimeFlag") is True,
            # midnight UTC stands for a date: the time part is cut off, never converted
            start_date=None if started is None else date.fromisoformat(started[:10]),
        )
    except (TypeError, AttributeError, KeyError, ValueError) as wrong:
        raise _not_understood(AGREEMENTS, wrong) from None


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value or None


def _not_understood(path: str, wrong: Exception) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(method="GET", path=path, status=200, vendor_message=f"unexpected record, {wrong!r}")
