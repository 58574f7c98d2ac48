"""Exact before prefix before anywhere, in any letter case and literally; ConnectWise itself only narrows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from connectwise.records import CompanyId
from connectwise.search.records import SearchHit, SearchKind
from sync_core.search.ports import PsaSearch

SHORTEST_TEXT = 2
_EXACT, _PREFIX, _ANYWHERE = range(3)


@dataclass(frozen=True, slots=True)
class Found:
    """A hit; `exclusion` says why it cannot be mapped, None when it can."""

    hit: SearchHit
    exclusion: str | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best matches in order. `excluded` counts the matches that are left out, by the reason.

    `is_cut`: more records match than were looked at or shown, so the text should become longer.
    """

    found: Sequence[Found]
    excluded: dict[str, int]
    is_cut: bool


def search_psa(
    psa: PsaSearch, kind: SearchKind, text: str, *, company_id: CompanyId | None, show_all: bool, limit: int
) -> SearchResult:
    """Search; records that cannot be mapped are left out, or with `show_all` listed with the reason.

    `company_id` is the company of the mapped account: its agreements come first, and those of other companies cannot be
    mapped. Raises the errors of the client.
    """
    wanted = text.strip().casefold()
    read = psa.hits(kind, text.strip(), company_id=None if show_all else company_id)
    ranked = [
        (_sort_key(hit, rank, company_id), Found(hit, _exclusion(hit, company_id)))
        for hit in read.hits
        if (rank := _rank(hit, wanted)) is not None
    ]
    matches = [found for _, found in sorted(ranked, key=itemgetter(0))]
    shown = matches if show_all else [found for found in matches if found.exclusion is None]
    left_out = [] if show_all else [found.exclusion for found in matches if found.exclusion is not None]
    return SearchResult(shown[:limit], dict(Counter(left_out)), read.is_cut or len(shown) > limit)


def _rank(hit: SearchHit, wanted: str) -> int | None:
    """Return how well the hit matches, by its name or its identifier, whichever is better; None when not at all."""
    ranks = [_rank_of(text.casefold(), wanted) for text in (hit.name, hit.identifier) if text is not None]
    return min((rank for rank in ranks if rank is not None), default=None)


def _rank_of(text: str, wanted: str) -> int | None:
    if text == wanted:
        return _EXACT
    if text.startswith(wanted):
        return _PREFIX
    return _ANYWHERE if wanted in text else None


def _sort_key(hit: SearchHit, rank: int, company_id: CompanyId | None) -> tuple[bool, int, str, int]:
    is_elsewhere = hit.kind is SearchKind.AGREEMENT and company_id is not None and hit.company_id != company_id
    return is_elsewhere, rank, hit.name.casefold(), hit.psa_id


def _exclusion(hit: SearchHit, company_id: CompanyId | None) -> str | None:
    match hit.kind:
        case SearchKind.COMPANY:
            return "It was deleted in ConnectWise." if hit.is_deleted else None
        case SearchKind.CATALOG_ITEM:
            if hit.is_inactive:
                return "It is inactive in ConnectWise."
            return "It is a bundle, which cannot be an addition." if hit.product_class == "Bundle" else None
        case SearchKind.AGREEMENT:
            if hit.is_inactive:
                return f"It is {(hit.status or 'inactive').lower()} in ConnectWise."
            if company_id is not None and hit.company_id != company_id:
                return "It belongs to another company than the mapped account."
            return None
