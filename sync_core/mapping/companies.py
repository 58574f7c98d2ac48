"""A Work 365 account becomes a ConnectWise company with its first contact."""

from connectwise.creation.records import NewCompany, NewContact
from dataverse.work365.sources.records import SourceAccount, SourceContact
from sync_core.connectors.properties import ConnectorProperties
from sync_core.mapping.creations import Blocked, Creation
from sync_core.mapping.fitting import fits, one_line
from sync_core.mapping.identifiers import digits_of, letters_and_digits, told_apart, typed
from sync_core.mapping.trimming import Trimmer
from sync_core.prerequisites import Prerequisite

SITE_NAME = "Main"
"""Old versions of ConnectWise need the name of the first site; it says the same in every language."""

_LONGEST_NAME = 50


def company_from_account(
    account: SourceAccount, properties: ConnectorProperties, *, taken: bool = False
) -> Creation[NewCompany] | Blocked:
    """Return the company of an account, or why it cannot be made; the same for the same account at any time.

    `taken`: another company has the identifier, so this one's must end with digits of its own. An account whose
    contact cannot be made is blocked here already, so that no company is left without one. The country is left out:
    ConnectWise takes it only from a list that it does not document.
    """
    contact = contact_of_account(account)
    if isinstance(contact, Blocked):
        return contact
    trimmer = Trimmer()
    name = trimmer.cut("name", account.name, _LONGEST_NAME) or _stand_in(account)
    record = NewCompany(
        identifier=_identifier(account, properties, trimmer, taken=taken),
        name=name,
        site_name=SITE_NAME,
        address_line1=trimmer.cut("first address line", account.address_line1, 50),
        address_line2=trimmer.cut("second address line", account.address_line2, 50),
        city=trimmer.cut("city", account.city, 50),
        state=trimmer.cut("state", account.state, 50),
        zip=trimmer.whole("postal code", account.postal_code, 12),
        country=None,
        phone_number=trimmer.whole("phone number", account.phone, 30),
        fax_number=trimmer.whole("fax number", account.fax, 30),
        website=trimmer.whole("website", account.website, 255),
        type_ids=tuple(dict.fromkeys(picked.id for picked in properties.company_types)),
        status_id=properties.company_status.id if properties.company_status else None,
        currency=(one_line(account.currency) or "").upper() or None,
    )
    return Creation(record, tuple(trimmer.warnings))


def contact_of_account(account: SourceAccount) -> Creation[NewContact] | Blocked:
    """Return the contact to whom the company's invoices go, made of the account's primary contact."""
    contact = account.contact
    if contact is None:
        return _blocked(
            account,
            code="account_without_contact",
            message=f'The account "{account.name}" has no primary contact, which ConnectWise needs; '
            "set one in Work 365 and save again.",
        )
    first_name, last_name = one_line(contact.first_name), one_line(contact.last_name)
    if first_name is None and last_name is None:
        return _blocked(
            account,
            code="contact_without_name",
            message=f'The primary contact of the account "{account.name}" has no name, which ConnectWise needs; '
            "enter one in Work 365 and save again.",
        )
    trimmer = Trimmer()
    record = NewContact(
        # ConnectWise needs a first name, Work 365 a last one
        first_name=trimmer.cut("contact's first name", first_name or last_name, 30) or "",
        last_name=trimmer.cut("contact's last name", last_name, 30) if first_name else None,
        title=trimmer.cut("contact's job title", contact.job_title, 100),
        email=_email(account, contact, trimmer),
        phone=trimmer.whole("contact's phone number", contact.phone, 250),
    )
    return Creation(record, tuple(trimmer.warnings))


def _email(account: SourceAccount, contact: SourceContact, trimmer: Trimmer) -> str | None:
    email = trimmer.whole("contact's e-mail address", contact.email, 250)
    if email is None:
        trimmer.warn(
            f'The primary contact of the account "{account.name}" has no usable e-mail address, to which ConnectWise '
            "would send invoices; enter one in Work 365 or in ConnectWise."
        )
    return email


def _identifier(account: SourceAccount, properties: ConnectorProperties, trimmer: Trimmer, *, taken: bool) -> str:
    own = letters_and_digits(account.name) or letters_and_digits(account.number) or _stand_in(account)
    whole = typed(f"{properties.company_identifier_prefix or ''}{own}")
    longest = properties.company_identifier_length
    if fits(whole, longest) and not taken:
        return whole
    identifier = told_apart(whole, longest, digits_of(account.id).upper())
    reason = "is taken" if taken else f"is longer than {longest} characters"
    trimmer.warn(f'The identifier "{whole}" {reason}; the company gets "{identifier}".')
    return identifier


def _stand_in(account: SourceAccount) -> str:
    """Return the name of a company whose account has no letter or digit in its own."""
    return "A" + account.id.replace("-", "")[:12].upper()


def _blocked(account: SourceAccount, *, code: str, message: str) -> Blocked:
    return Blocked(code, message, Prerequisite("contact", account.id, account.name))
