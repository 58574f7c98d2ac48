"""Rows of a search as hits."""

from typing import Any

from connectwise.errors import AnswerNotUnderstood
from connectwise.paging import Row
from connectwise.search.records import SearchHit, SearchKind


def hit_from(kind: SearchKind, row: Row) -> SearchHit:
    """Return the hit of a row; raises AnswerNotUnderstood for another shape."""
    try:
        match kind:
            case SearchKind.CATALOG_ITEM:
                return _catalog_item(row)
            case SearchKind.COMPANY:
                return _company(row)
            case SearchKind.AGREEMENT:
                return _agreement(row)
    except (TypeError, AttributeError) as wrong:
        raise AnswerNotUnderstood(
            method="GET", path=f"/{kind}", status=200, vendor_message=f"unexpected record, {wrong!r}"
        ) from None


def _catalog_item(row: Row) -> SearchHit:
    is_inactive = row.get("inactiveFlag") is True
    identifier = _text(row.get("identifier"))
    return SearchHit(
        SearchKind.CATALOG_ITEM,
        row["id"],
        _text(row.get("description")) or identifier or "",
        identifier=identifier,
        types=_names([row.get("type")]),
        status="Inactive" if is_inactive else "Active",
        product_class=_text(row.get("productClass")),
        is_inactive=is_inactive,
    )


def _company(row: Row) -> SearchHit:
    return SearchHit(
        SearchKind.COMPANY,
        row["id"],
        _text(row.get("name")) or "",
        identifier=_text(row.get("identifier")),
        types=_names(row.get("types") or []),
        status=next(iter(_names([row.get("status")])), None),
        city=_text(row.get("city")),
        is_deleted=row.get("deletedFlag") is True,
    )


def _agreement(row: Row) -> SearchHit:
    company = row.get("company") or {}
    status = _text(row.get("agreementStatus"))
    return SearchHit(
        SearchKind.AGREEMENT,
        row["id"],
        _text(row.get("name")) or "",
        types=_names([row.get("type")]),
        status="Cancelled" if row.get("cancelledFlag") is True else status,
        company_id=company.get("id"),
        company_name=_text(company.get("name")),
        is_inactive=row.get("cancelledFlag") is True or status not in {None, "Active"},
    )


def _names(references: list[Any]) -> tuple[str, ...]:
    names = [_text(reference.get("name")) for reference in references if reference is not None]
    return tuple(name for name in names if name)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value or None
