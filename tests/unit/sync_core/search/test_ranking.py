"""The order of matches, what is left out and why."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.records import CompanyId
from connectwise.search.records import SearchHit, SearchHits, SearchKind
from sync_core.search.ranking import SearchResult, search_psa

pytestmark = pytest.mark.unit

COMPANY, AGREEMENT, ITEM = SearchKind.COMPANY, SearchKind.AGREEMENT, SearchKind.CATALOG_ITEM


@dataclass
class Tenant:
    records: list[SearchHit]
    is_cut: bool = False
    asked: int = 0

    def hits(self, kind: SearchKind, text: str, *, company_id: CompanyId | None = None) -> SearchHits:
        self.asked += 1
        found = [one for one in self.records if one.kind is kind and company_id in {None, one.company_id}]
        return SearchHits(tuple(found), self.is_cut)


def companies(*names: str) -> list[SearchHit]:
    return [SearchHit(COMPANY, number, name, identifier=f"ID{number}") for number, name in enumerate(names, 1)]


def search(
    tenant: Tenant,
    text: str,
    kind: SearchKind = COMPANY,
    *,
    company: int | None = None,
    show_all: bool = False,
    limit: int = 25,
) -> SearchResult:
    return search_psa(
        tenant, kind, text, company_id=None if company is None else CompanyId(company), show_all=show_all, limit=limit
    )


def names(result: SearchResult) -> list[str]:
    return [found.hit.name for found in result.found]


def test_exact_comes_before_prefix_before_anywhere() -> None:
    tenant = Tenant(companies("A Contoso shop", "Contoso Ltd", "CONTOSO", "Fabrikam"))
    assert names(search(tenant, "contoso")) == ["CONTOSO", "Contoso Ltd", "A Contoso shop"]
    assert tenant.asked == 1


def test_an_identifier_counts_like_a_name() -> None:
    tenant = Tenant([SearchHit(COMPANY, 1, "Zebra", identifier="ABC"), SearchHit(COMPANY, 2, "ABC news")])
    assert names(search(tenant, "abc")) == ["Zebra", "ABC news"]


@pytest.mark.parametrize("text", ["50% off", 'the "best"', "O'Neil", "[x]", "a\\b", "__", "日本", "🙂🙂", "Straße"])
def test_any_character_is_meant_literally(text: str) -> None:
    tenant = Tenant(companies(f"x {text} y", "x y"))
    assert names(search(tenant, text)) == [f"x {text} y"]


def test_a_deleted_company_is_left_out_and_said_so() -> None:
    gone = replace(companies("Contoso old")[0], psa_id=9, is_deleted=True)
    tenant = Tenant([*companies("Contoso"), gone])
    result = search(tenant, "contoso")
    assert (names(result), result.excluded) == (["Contoso"], {"It was deleted in ConnectWise.": 1})
    shown = search(tenant, "contoso", show_all=True)
    assert [found.exclusion for found in shown.found] == [None, "It was deleted in ConnectWise."]
    assert shown.excluded == {}


@pytest.mark.parametrize(
    ("hit", "exclusion"),
    [
        (SearchHit(ITEM, 1, "E3", is_inactive=True), "It is inactive in ConnectWise."),
        (SearchHit(ITEM, 1, "E3", product_class="Bundle"), "It is a bundle, which cannot be an addition."),
        (SearchHit(AGREEMENT, 1, "E3", status="Expired", is_inactive=True), "It is expired in ConnectWise."),
        (SearchHit(AGREEMENT, 1, "E3", company_id=8), "It belongs to another company than the mapped account."),
    ],
)
def test_why_something_cannot_be_mapped_is_said(hit: SearchHit, exclusion: str) -> None:
    (found,) = search(Tenant([hit]), "e3", hit.kind, company=7, show_all=True).found
    assert found.exclusion == exclusion


def test_agreements_of_the_mapped_company_come_first() -> None:
    tenant = Tenant(
        [SearchHit(AGREEMENT, 1, "CSP", company_id=8), SearchHit(AGREEMENT, 2, "Contoso CSP", company_id=7)]
    )
    assert names(search(tenant, "csp", AGREEMENT, company=7, show_all=True)) == ["Contoso CSP", "CSP"]
    assert names(search(tenant, "csp", AGREEMENT, company=7)) == ["Contoso CSP"]
    assert names(search(tenant, "csp", AGREEMENT)) == ["CSP", "Contoso CSP"]


def test_all_agreements_of_a_company_need_no_text() -> None:
    tenant = Tenant([SearchHit(AGREEMENT, 2, "CSP", company_id=7), SearchHit(AGREEMENT, 3, "Aid", company_id=7)])
    assert names(search(tenant, "", AGREEMENT, company=7)) == ["Aid", "CSP"]


@pytest.mark.parametrize(("limit", "is_cut", "more"), [(1, False, True), (2, False, False), (2, True, True)])
def test_more_matches_than_are_shown_are_said(limit: int, is_cut: bool, more: bool) -> None:
    assert search(Tenant(companies("Aa", "Ab a"), is_cut), "a", limit=limit).is_cut is more


@given(st.lists(st.text("abAB %\"'[", max_size=6), max_size=12), st.text("ab %\"'[", min_size=2, max_size=3))
def test_exactly_what_holds_the_text_is_found(texts: list[str], text: str) -> None:
    tenant = Tenant([SearchHit(COMPANY, number, one) for number, one in enumerate(texts, 1)])
    wanted = text.strip().casefold()
    expected = {number for number, one in enumerate(texts, 1) if wanted in one.casefold()}
    assert {found.hit.psa_id for found in search(tenant, text).found} == expected
