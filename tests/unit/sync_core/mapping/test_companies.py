"""An account becomes a company with a contact, or nothing at all."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataverse.psasync.records import SourceId
from sync_core.mapping.companies import company_from_account, contact_of_account
from sync_core.mapping.creations import Creation
from sync_core.prerequisites import Prerequisite
from tests.unit.sync_core.mapping.samples import (
    GUIDS,
    ID,
    OTHER,
    PROPERTIES,
    TEXTS,
    account,
    are_sentences,
    blocked,
    contact,
    made,
    properties,
    units,
)

pytestmark = pytest.mark.unit


def company(changes: dict[str, Any] | None = None, *, taken: bool = False, **configured: Any) -> Any:
    return made(company_from_account(account(**(changes or {})), properties(**configured), taken=taken)).record


def person(**changes: Any) -> Any:
    return made(contact_of_account(account(contact=contact(**changes)))).record


def test_every_member_comes_from_the_account_or_the_connector() -> None:
    outcome = made(company_from_account(account(), PROPERTIES))
    record = outcome.record
    assert outcome.warnings == ()
    assert (record.identifier, record.name, record.site_name) == ("FABRIKAMINC", "Fabrikam Inc.", "Main")
    assert (record.address_line1, record.city, record.state, record.zip) == ("1 Main Street", "Tampa", "FL", "33601")
    assert (record.phone_number, record.fax_number, record.website) == ("+1 555 0100", None, "https://fabrikam.example")
    assert (record.type_ids, record.status_id, record.currency, record.country) == ((1,), 1, "USD", None)


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("Müller & Söhne GmbH", "MULLERSOHNEGMBH"),
        ('O\'Brian "Quoted" [50%]', "OBRIANQUOTED50"),
        ("Straße", "STRASSE"),
        ("ﬁne １２", "FINE12"),
    ],
)
def test_an_identifier_is_made_of_ascii_capitals_and_digits(name: str, identifier: str) -> None:
    assert company({"name": name}).identifier == identifier


def test_a_name_without_letters_gives_way_to_the_number_and_then_to_the_id() -> None:
    assert company({"name": "株式会社"}).identifier == "FAB1"
    assert company({"name": "株式会社", "number": None}).identifier == "A0F1E2D3C4B5A"
    assert company({"name": "", "number": None}).name == "A0F1E2D3C4B5A"


def test_the_prefix_stands_in_front() -> None:
    assert company(company_identifier_prefix="W+ ").identifier == "W+ FABRIKAMINC"


def test_a_long_identifier_ends_with_digits_of_the_account() -> None:
    outcome = made(company_from_account(account(name="N" * 26), PROPERTIES))
    identifier = outcome.record.identifier
    assert len(identifier) == 25
    assert identifier[:19] == "N" * 19
    assert identifier[19:] == identifier[19:].upper()
    assert outcome.warnings == (
        f'The identifier "{"N" * 26}" is longer than 25 characters; the company gets "{identifier}".',
    )
    assert company({"name": "N" * 25}).identifier == "N" * 25
    assert company({"name": "N" * 26, "id": OTHER}).identifier != identifier


def test_a_taken_identifier_is_told_apart_the_same_way_every_time() -> None:
    first, second = (made(company_from_account(account(), PROPERTIES, taken=True)) for _ in range(2))
    assert first == second
    assert first.record.identifier.startswith("FABRIKAMINC")
    assert len(first.record.identifier) == len("FABRIKAMINC") + 6
    assert first.warnings == (f'The identifier "FABRIKAMINC" is taken; the company gets "{first.record.identifier}".',)


def test_names_and_addresses_are_shortened_and_numbers_are_not() -> None:
    outcome = made(
        company_from_account(
            account(
                name="Fabrikam " * 10,
                address_line1="1" * 51,
                postal_code="3" * 13,
                phone="5" * 31,
                website="w" * 256,
            ),
            properties(company_identifier_length=30),
        )
    )
    record = outcome.record
    assert record.name == ("Fabrikam " * 10)[:49] + "…"
    assert record.address_line1 == "1" * 49 + "…"
    assert (record.zip, record.phone_number, record.website) == (None, None, None)
    assert outcome.warnings[0] == "The name is shortened to 50 characters, all that ConnectWise takes."
    assert "The postal code is longer than the 12 characters of ConnectWise and is left out." in outcome.warnings


def test_an_account_without_a_primary_contact_is_blocked_before_anything_is_made() -> None:
    for outcome in (
        company_from_account(account(contact=None), PROPERTIES),
        contact_of_account(account(contact=None)),
    ):
        assert blocked(outcome).code == "account_without_contact"
        assert blocked(outcome).message == (
            'The account "Fabrikam Inc." has no primary contact, which ConnectWise needs; '
            "set one in Work 365 and save again."
        )
        assert blocked(outcome).prerequisite == Prerequisite("contact", ID, "Fabrikam Inc.")


@pytest.mark.parametrize("nothing", [None, "", " \n"])
def test_a_contact_without_any_name_is_blocked_before_anything_is_made(nothing: str | None) -> None:
    nameless = account(contact=contact(first_name=nothing, last_name=nothing))
    outcome = blocked(company_from_account(nameless, PROPERTIES))
    assert outcome.code == "contact_without_name"
    assert outcome.message == (
        'The primary contact of the account "Fabrikam Inc." has no name, which ConnectWise needs; '
        "enter one in Work 365 and save again."
    )
    assert outcome.prerequisite == Prerequisite("contact", ID, "Fabrikam Inc.")


def test_a_contact_is_taken_over() -> None:
    record = person()
    assert (record.first_name, record.last_name, record.title) == ("Ada", "Example", "Buyer")
    assert (record.email, record.phone) == ("ada@fabrikam.example", "+1 555 0100")


def test_a_last_name_alone_becomes_the_first_name() -> None:
    assert (person(first_name=None).first_name, person(first_name=None).last_name) == ("Example", None)
    assert (person(last_name=None).first_name, person(last_name=None).last_name) == ("Ada", None)


@pytest.mark.parametrize("email", [None, "a" * 251])
def test_a_contact_without_an_address_for_invoices_is_made_and_said(email: str | None) -> None:
    outcome = made(contact_of_account(account(contact=contact(email=email))))
    assert outcome.record.email is None
    assert outcome.warnings[-1] == (
        'The primary contact of the account "Fabrikam Inc." has no usable e-mail address, to which ConnectWise would '
        "send invoices; enter one in Work 365 or in ConnectWise."
    )


@given(TEXTS, TEXTS, TEXTS, st.integers(15, 30), TEXTS.map(lambda text: text[:10]), st.booleans())
def test_no_length_is_ever_exceeded(name: str, number: str, other: str, longest: int, prefix: str, taken: bool) -> None:
    configured = properties(company_identifier_length=longest, company_identifier_prefix=prefix)
    one = account(
        name=name,
        number=number,
        address_line1=other,
        city=other,
        postal_code=other,
        phone=other,
        website=other,
        contact=contact(first_name=other, last_name=name, job_title=other, email=other),
    )
    outcome = company_from_account(one, configured, taken=taken)
    assert outcome == company_from_account(one, configured, taken=taken)
    if not isinstance(outcome, Creation):
        return
    record = outcome.record
    assert 0 < units(record.identifier) <= longest
    assert 0 < units(record.name) <= 50
    limits = ((record.address_line1, 50), (record.city, 50), (record.zip, 12), (record.phone_number, 30))
    assert all(units(text or "") <= cap for text, cap in limits)
    contact_made = made(contact_of_account(one))
    assert 0 < units(contact_made.record.first_name) <= 30
    assert units(contact_made.record.last_name or "") <= 30
    assert are_sentences((*outcome.warnings, *contact_made.warnings))


@given(TEXTS, GUIDS, GUIDS)
def test_two_accounts_with_one_long_name_never_meet(start: str, one: SourceId, other: SourceId) -> None:
    assume(one != other)
    name = f"N{start}" + "x" * 30
    assert len({company({"name": name, "id": guid}).identifier.casefold() for guid in (one, other)}) == 2
