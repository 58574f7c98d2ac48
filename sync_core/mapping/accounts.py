"""A ConnectWise company as a Work 365 account with its primary contact."""

from connectwise.directory.records import Company, Contact
from connectwise.records import CurrencyReference
from dataverse.work365.imports.records import RowId
from dataverse.work365.records import AccountId, CurrencyId
from sync_core.mapping.drafts import DraftMaker, RowDraft

# Dataverse: table reference of account and contact
_ACCOUNT_LENGTHS = {
    "name": 160,
    "number": 20,
    "phone": 50,
    "fax": 50,
    "website": 200,
    "address_line1": 250,
    "address_line2": 250,
    "city": 80,
    "state": 50,
    "postal_code": 20,
    "country": 80,
    "psa_name": 300,
}
_CONTACT_LENGTHS = {"first_name": 50, "last_name": 50, "job_title": 100, "email": 100, "phone": 50}


def account_from_company(company: Company, *, currency_id: CurrencyId | None) -> RowDraft:
    """Return the account of a company, without its primary contact.

    Its number is the company's account number, or else the identifier, which every company has.
    """
    made = DraftMaker(_ACCOUNT_LENGTHS)
    made.put_name("name", company.name)
    made.put_whole("number", company.account_number or company.identifier)
    made.put_whole("phone", company.phone_number)
    made.put_whole("fax", company.fax_number)
    made.put_whole("website", company.website)
    made.put_name("address_line1", company.address_line1)
    made.put_name("address_line2", company.address_line2)
    made.put_name("city", company.city)
    made.put_name("state", company.state)
    made.put_whole("postal_code", company.zip)
    made.put_name("country", company.country.name if company.country else None)
    made.put("currency", currency_id)
    made.put("psa_id", str(company.id))
    made.put_name("psa_name", company.name)
    return made.draft()


def contact_from_contact(contact: Contact, *, account_id: AccountId | RowId) -> RowDraft:
    """Return Work 365's contact of a ConnectWise contact: ConnectWise needs a first name, Work 365 a last name."""
    made = DraftMaker(_CONTACT_LENGTHS)
    made.put_name("first_name", contact.first_name if contact.last_name else None)
    made.put_name("last_name", contact.last_name or contact.first_name or f"Contact {contact.id}")
    made.put_name("job_title", contact.title)
    made.put_whole("email", contact.address("Email"))
    made.put_whole("phone", contact.address("Phone"))
    made.put("account", account_id)
    return made.draft()


def iso_code(currency: CurrencyReference | None) -> str | None:
    """Return the ISO code; which member holds it differs between versions of ConnectWise."""
    code = (currency.currency_code or currency.currency_identifier) if currency is not None else None
    return code.strip().upper() if code and code.strip() else None
