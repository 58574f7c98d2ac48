"""Accounts find their company by name, with domain, phone, place and number as evidence."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.candidates.records import CompanyCandidate
from dataverse.psasync.records import MappingKind
from dataverse.work365.linked.records import AccountEvidence, LinkedRow
from sync_core.suggestions.accounts import AccountFinder
from sync_core.suggestions.choosing import chosen
from sync_core.suggestions.records import Suggestion
from tests import builders
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

APART = "The same name apart from punctuation and legal form"
NOTHING = AccountEvidence()


def account(name: str, evidence: AccountEvidence = NOTHING, number: str | None = None) -> LinkedRow:
    return linked_row(MappingKind.ACCOUNT, builders.ACCOUNT_ID, name=name, number=number, evidence=evidence)


def company(psa_id: int, name: str, identifier: str = "", **more: str) -> CompanyCandidate:
    return replace(CompanyCandidate(psa_id, identifier or f"C{psa_id}", name), **more)  # type: ignore[arg-type]  # by name


def suggested(row: LinkedRow, *companies: CompanyCandidate, taken: int | None = None) -> Suggestion | None:
    return chosen(AccountFinder(companies).scored(row, lambda psa_id: psa_id != taken))


def judged(row: LinkedRow, *companies: CompanyCandidate) -> tuple[int, int, tuple[str, ...]]:
    found = suggested(row, *companies)
    assert found is not None
    return found.psa_id, found.score, tuple(found.reasons)


def test_the_same_name() -> None:
    assert suggested(account("Contoso Ltd"), company(1, "contoso  LTD", "CONTOSO")) == Suggestion(
        1, "contoso  LTD", "CONTOSO", 80, ("The same name",), None, []
    )


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Contoso Limited", "CONTOSO, Ltd."),
        ("The Contoso Company", "Contoso"),
        ("Müller & Söhne GmbH & Co. KG", "Muller and Sohne"),
        ("O'Brian S.A.", "OBrian"),
        ("Fabrikam B.V.", "Fabrikam BV"),
        ("Northwind Pty. Ltd.", "northwind"),
        ("Ｃｏｎｔｏｓｏ Inc", "Contoso Incorporated"),
        ("A. Datum Corporation", "A Datum"),
    ],
)
def test_punctuation_legal_form_and_letter_case_make_no_other_name(name: str, other: str) -> None:
    assert judged(account(name), company(1, other)) == (1, 80, (APART,))


def test_another_legal_form_is_said_and_lowers() -> None:
    expected = (1, 74, (APART, "Another legal form in ConnectWise: Contoso AG"))
    assert judged(account("Contoso GmbH"), company(1, "Contoso AG")) == expected


def test_a_slip_in_a_name() -> None:
    assert judged(account("Fabrikam Engineering"), company(1, "Fabirkam Engineering")) == (
        1,
        63,
        ("Name is 95 % alike",),
    )


def test_words_in_another_order() -> None:
    assert judged(account("Engineering Fabrikam"), company(1, "Fabrikam Engineering"))[:2] == (1, 72)


@pytest.mark.parametrize(
    ("name", "other"), [("Depot 12", "Depot 21"), ("Customer 00012", "Customer 00013"), ("A1", "A2")]
)
def test_names_with_other_numbers_are_other_names(name: str, other: str) -> None:
    assert suggested(account(name), company(1, other)) is None


def test_all_evidence() -> None:
    evidence = AccountEvidence(
        "https://www.fabrikam.example/about", ("ada@mail.example",), "+43 (0)316 12 34 56-0", "Ring 1", "GRAZ", "8010"
    )
    other = company(
        1,
        "Fabrikam Systems",
        "FAB-1",
        website="fabrikam.example",
        phone="0316 1234560",
        address_line1="ring 1",
        city="Graz",
        postal_code=" 8010",
    )
    assert judged(account("Fabrikam System", evidence, "fab-1"), other) == (
        1,
        100,
        (
            "Name is 97 % alike",
            "The same number FAB-1",
            "The same domain fabrikam.example",
            "The same phone number 0316 1234560",
            "The same postal code  8010",
            "The same address ring 1",
            "The same city Graz",
        ),
    )


def test_the_domain_of_the_contact_counts() -> None:
    evidence = AccountEvidence(emails=("ada@Fabrikam.example",))
    other = company(1, "Fabrikam Group", website="http://fabrikam.example")
    assert judged(account("Fabrikam", evidence), company(2, "Fabrikon"), other) == (
        1,
        62,
        ("One name is a part of the other", "The same e-mail domain fabrikam.example"),
    )


@pytest.mark.parametrize("domain", ["gmail.com", "outlook.com", "t-online.de"])
def test_free_mail_says_nothing(domain: str) -> None:
    evidence = AccountEvidence(emails=(f"contoso@{domain}",))
    assert judged(account("Contoso", evidence), company(1, "Contoso", website=domain)) == (1, 80, ("The same name",))


def test_another_domain_and_another_city_lower() -> None:
    evidence = AccountEvidence(website="contoso.example", city="Graz")
    other = company(1, "Contoso", website="contoso.test", city="Wien")
    assert judged(account("Contoso", evidence), other) == (
        1,
        66,
        ("The same name", "Another domain in ConnectWise: contoso.test", "Another city in ConnectWise: Wien"),
    )


def test_a_company_that_was_renamed_is_found_by_domain_and_phone() -> None:
    evidence = AccountEvidence(website="fabrikam.example", phone="0316 1234567")
    other = company(1, "Zenith Holding", website="fabrikam.example", phone="+43 316 1234567")
    assert judged(account("Fabrikam", evidence), company(2, "Elsewhere"), other) == (
        1,
        65,
        ("The same domain fabrikam.example", "The same phone number +43 316 1234567"),
    )
    only_domain = replace(evidence, phone=None)
    assert suggested(account("Fabrikam", only_domain), other) is None


def test_a_domain_that_many_companies_have_says_nothing() -> None:
    many = [company(number, f"{name} Works", website="hoster.example") for number, name in enumerate("ABCDEF", start=1)]
    found = judged(account("A Works", AccountEvidence(website="hoster.example")), *many)
    assert found == (1, 80, ("The same name",))


def test_a_phone_number_that_many_companies_have_says_nothing() -> None:
    many = [company(number, f"{name} Works", phone="0316 1234567") for number, name in enumerate("ABCDEF", start=1)]
    found = judged(account("A Works", AccountEvidence(phone="+43 316 1234567")), *many)
    assert found == (1, 80, ("The same name",))


def test_of_many_records_of_one_name_four_are_named() -> None:
    found = suggested(account("Contoso"), *(company(number, "Contoso") for number in range(6, 0, -1)))
    assert found is not None
    assert found.ambiguous == (
        'ConnectWise has 6 records that are called "Contoso": C1, C2, C3, C4 and 2 more; choose the right one.'
    )
    assert [one.psa_id for one in found.alternatives] == [2, 3, 4]


def test_the_same_name_twice_is_ambiguous_whatever_else_agrees() -> None:
    evidence = AccountEvidence(website="contoso.example")
    found = suggested(
        account("Contoso", evidence),
        company(1, "Contoso", "CONTOSO", city="Graz"),
        company(2, "Contoso Ltd", "CONTOSO2", city="Wien", website="contoso.example"),
        company(3, "Contoso", "CONTOSO3"),
    )
    assert found is not None
    assert (found.psa_id, found.score) == (2, 100)
    assert found.ambiguous == (
        'ConnectWise has 3 records that are called "Contoso Ltd": CONTOSO2 in Wien, CONTOSO in Graz, CONTOSO3; '
        "choose the right one."
    )
    assert [one.psa_id for one in found.alternatives] == [1, 3]


def test_two_that_fit_about_equally_well_are_ambiguous() -> None:
    found = suggested(
        account("Fabrikam Systems"), company(5, "Fabrikan Systems"), company(4, "Fabrikam Sistems", city="Graz")
    )
    assert found is not None
    assert found.ambiguous == '"Fabrikan Systems" (C5) fits about as well; compare both before you choose.'
    assert found.psa_id == 4


def test_what_is_mapped_already_is_left_out() -> None:
    assert suggested(account("Contoso"), company(1, "Contoso"), taken=1) is None
    found = suggested(account("Contoso"), company(1, "Contoso"), company(2, "Contoso"), taken=1)
    assert found is not None
    assert (found.psa_id, found.ambiguous) == (2, None)


def test_a_long_name_is_found_as_far_as_connectwise_keeps_it() -> None:
    name = "International Association of " + "Very Long Names " * 8
    assert judged(account(name[:160]), company(1, name[:50])) == (
        1,
        80,
        ("The same name as far as ConnectWise keeps it",),
    )


@pytest.mark.parametrize("name", ["🙂", "株式会社", "Ltd", "&", "'", "", "  ", "%", "[x]", "\u200b"])
def test_names_of_any_kind(name: str) -> None:
    found = suggested(account(name), company(1, name), company(2, "Contoso"))
    assert (found.psa_id if found else None) == (1 if name.strip(" \u200b") else None)


EVIDENCE = st.builds(
    AccountEvidence,
    website=st.none() | st.text(max_size=20) | st.sampled_from(["contoso.example", "http://[", "//x", "a..b"]),
    emails=st.lists(st.text(max_size=20) | st.just("a@contoso.example"), max_size=2).map(tuple),
    phone=st.none() | st.text(max_size=15) | st.from_regex(r"\+?[0-9 ()/-]{5,18}", fullmatch=True),
    city=st.none() | st.text(max_size=8),
    postal_code=st.none() | st.text(max_size=8),
)


@given(st.lists(st.text(max_size=25), max_size=6), st.text(max_size=25), EVIDENCE, EVIDENCE)
def test_any_characters_are_taken_and_the_order_does_not_matter(
    names: list[str], name: str, evidence: AccountEvidence, other: AccountEvidence
) -> None:
    companies = [
        CompanyCandidate(number, "", one, None, other.city, other.postal_code, other.phone, other.website)
        for number, one in enumerate(names, start=1)
    ]
    row = account(name, evidence)
    found = suggested(row, *companies)
    assert found == suggested(row, *reversed(companies))
    assert found is None or (60 <= found.score <= 100 and found.reasons)
