"""A company with its default contact: three writes, of which each is looked for before it is sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectwise.creation.records import NewCompany, NewContact, StoredCompany, StoredContact
from connectwise.directory.records import ContactId
from connectwise.records import CompanyId
from sync_core.mapping.creations import shown
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.ports import PsaCustomers
from sync_core.push_rows.sending import RowSending


@dataclass(slots=True)
class Customer:
    """How far a company has come; `contact` is the one that is to be its default contact."""

    company: StoredCompany | None = None
    contact: StoredContact | None = None
    is_new: bool = False


def make_customer(plan: RowPlan, customer: Customer, sending: RowSending, psa: PsaCustomers) -> None:
    """Make what is missing of a company and its contact; `customer` shows how far it came when this raises Halted."""
    customer.company = plan.company
    if customer.company is None:
        record = plan.record
        assert isinstance(record, NewCompany)  # noqa: S101  a plan without company has one to create
        customer.company = sending.create(
            "company", shown(record), lambda send_before: psa.create_company(record, send_before=send_before)
        )
        customer.is_new = True
    if customer.company.default_contact_id is not None or plan.contact is None:
        return
    company_id, wanted = customer.company.id, plan.contact
    customer.contact = plan.known_contact
    if customer.contact is None:
        customer.contact = sending.create(
            "contact",
            shown(wanted),
            lambda send_before: psa.create_contact(company_id, wanted, send_before=send_before),
        )


def choose_default_contact(customer: Customer, sending: RowSending, psa: PsaCustomers) -> None:
    """Make the contact the default one of its company, which asking for it on creation did not; raises Halted."""
    assert customer.company is not None  # noqa: S101  a contact has a company
    assert customer.contact is not None  # noqa: S101  the caller asks for those that have one
    company_id, contact_id = customer.company.id, customer.contact.id
    sending.change(
        "default contact",
        {"defaultContact": str(contact_id)},
        company_id,
        lambda: psa.set_default_contact(company_id, contact_id),
    )


def default_contacts(psa: PsaCustomers, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, ContactId | None]:
    """Return the default contacts that companies have now."""
    stored = psa.companies(company_ids) if company_ids else {}
    return {company_id: company.default_contact_id for company_id, company in stored.items()}


def same_person(wanted: NewContact, contacts: Sequence[StoredContact]) -> StoredContact | None:
    """Return the contact that an earlier run made, or that people have: by address, else by name."""
    email = (wanted.email or "").casefold()
    by_email = [one for one in contacts if email and (one.email or "").casefold() == email]
    name = _name(wanted.first_name, wanted.last_name)
    by_name = [one for one in contacts if _name(one.first_name, one.last_name) == name]
    return next(iter((*by_email, *by_name)), None)


def _name(first: str, last: str | None) -> str:
    return f"{first} {last or ''}".strip().casefold()
