"""Texts, terms, domains and phone numbers in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.suggestions.evidence import domain_of_email, domain_of_website, is_same_phone, phone_digits
from sync_core.suggestions.terms import spelt_terms, terms_in, terms_of_number, without_ending, without_terms
from sync_core.suggestions.texts import folded, likeness, name_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Microsoft 365 E3 - Monthly", {"monthly"}),
        ("E3 MONTHLY", {"monthly"}),
        ("E3 month-to-month", {"monthly"}),
        ("E3 (P1M)", {"monthly"}),
        ("Annual", {"annual"}),
        ("yearly", {"annual"}),
        ("1 Year", {"annual"}),
        ("one-year", {"annual"}),
        ("12 months", {"annual"}),
        ("P1Y", {"annual"}),
        ("Triennial", {"three-year"}),
        ("3 Year", {"three-year"}),
        ("36 months", {"three-year"}),
        ("P3Y", {"three-year"}),
        ("semi-annual", {"half-yearly"}),
        ("quarterly", {"quarterly"}),
        ("Annual commitment, billed monthly", {"annual"}),
        ("Annual commitment (monthly billing)", {"annual"}),
        ("P1Y paid monthly", {"annual"}),
        ("1 Year billed monthly", {"annual"}),
        ("Annual paid monthly", {"annual"}),
        ("Annual/monthly billing", {"annual"}),
        ("Annual, billing monthly", {"annual"}),
        ("Monthly billing, annual commitment", {"annual"}),
        ("Monthly billed annual commitment", {"annual"}),
        ("pay monthly annual plan", {"annual"}),
        ("billed annually, monthly term", {"monthly"}),
        ("yearly payment", set()),
        ("billed per month", set()),
        ("yearly billed monthly", {"annual", "monthly"}),
        ("annual billing monthly", {"annual", "monthly"}),
        ("Monthly, annual", {"monthly", "annual"}),
        ("biannually", {"half-yearly"}),
        ("13 months", set()),
        ("Anniversary of the month", set()),
        ("P1MX", set()),
        ("", set()),
    ],
)
def test_terms_in_texts(text: str, terms: set[str]) -> None:
    assert terms_in(text) == terms


def test_a_cycle_counts_its_own_words() -> None:
    assert spelt_terms("Monthly Billing") == {"monthly"}


@pytest.mark.parametrize(
    ("number", "terms", "rest"),
    [
        ("CFQ7TTC0LFLX -M", {"monthly"}, "cfq7ttc0lflx"),
        ("CFQ7TTC0LFLX –a", {"annual"}, "cfq7ttc0lflx"),
        ("CFQ7TTC0LFLX:0001:P3Y", {"three-year"}, "cfq7ttc0lflx:0001"),
        ("CFQ7TTC0LFLX:0001", set(), "cfq7ttc0lflx:0001"),
        ("ALPHA", set(), "alpha"),
        ("-M", set(), "-m"),
        ("TEAM", set(), "team"),
    ],
)
def test_terms_of_numbers(number: str, terms: set[str], rest: str) -> None:
    assert (terms_of_number(number), without_ending(number)) == (terms, rest)


def test_what_is_left_of_a_name_without_its_term() -> None:
    assert without_terms("Microsoft 365 E3 - Annual Commitment (billed monthly)") == "microsoft 365 e3"
    assert without_terms("Monthly") == "Monthly"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_the_same_both_ways_round(one: str, other: str) -> None:
    first, second = name_of(one), name_of(other)
    assert likeness(first, second) == likeness(second, first)
    assert likeness(first, first) == (100 if first.joined else 0)
    assert 0 <= likeness(first, second) <= 100


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Fabrikam.example/about?x=1", "fabrikam.example"),
        ("fabrikam.example", "fabrikam.example"),
        ("http://user@fabrikam.example:8080", "fabrikam.example"),
        ("facebook.com/fabrikam", None),
        ("fabrikam.wixsite.com", None),
        ("n/a", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_domains_of_websites(website: str | None, domain: str | None) -> None:
    assert domain_of_website(website) == domain


@pytest.mark.parametrize(
    ("email", "domain"),
    [("ada@Fabrikam.Example ", "fabrikam.example"), ("ada@gmail.com", None), ("ada", None), ("@", None), (None, None)],
)
def test_domains_of_email(email: str | None, domain: str | None) -> None:
    assert domain_of_email(email) == domain


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("+43 316 1234567", "0316/1234567", True),
        ("0043 316 1234567", "+43 (0)316 1234567", True),
        ("(555) 010-0123", "+1 555 010 0123", True),
        ("555-0100123", "555-0100124", False),
        ("020 7946 0000 ext. 12", "+44 20 7946 0000", True),
        ("7946 0000", "+44 20 7946 0000", True),
    ],
)
def test_phone_numbers(one: str, other: str, is_same: bool) -> None:
    first, second = phone_digits(one), phone_digits(other)
    assert first is not None
    assert second is not None
    assert is_same_phone(first, second) is is_same_phone(second, first) is is_same


@pytest.mark.parametrize("phone", [None, "", "none", "12345", "000000000"])
def test_what_is_no_phone_number(phone: str | None) -> None:
    assert phone_digits(phone) is None
