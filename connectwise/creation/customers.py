"""Companies and contacts: looked up and created (`sync_core.push_rows.ports.PsaCustomers`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectwise.creation.lookups import rows_with_identifiers
from connectwise.creation.part import CreationPart, texts
from connectwise.creation.records import NewCompany, NewContact, StoredCompany, StoredContact
from connectwise.creation.rows import CompanyRow, ContactRow
from connectwise.directory.records import ContactId
from connectwise.endpoints import COMPANIES, CONTACTS
from connectwise.parsing import parsed
from connectwise.patch import replaced
from connectwise.queries import fields_of
from connectwise.records import CompanyId
from connectwise.texts import storable_text


class CustomerCreation(CreationPart):
    """The companies and contacts of one tenant."""

    def companies_with(self, identifiers: Collection[str]) -> Sequence[StoredCompany]:
        """Return the companies with these identifiers, in any letter case, deleted ones included."""
        rows = rows_with_identifiers(self._client, COMPANIES, identifiers, fields_of(CompanyRow))
        return [parsed(CompanyRow, row, "GET", COMPANIES).stored() for row in rows]

    def companies(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, StoredCompany]:
        """Return the companies that exist, deleted ones included, in one request for some hundred ids."""
        if not company_ids:
            return {}
        rows = self._client.rows_where_in(COMPANIES, "id", sorted(set(company_ids)), fields=fields_of(CompanyRow))
        found = (parsed(CompanyRow, row, "GET", COMPANIES).stored() for row in rows)
        return {company.id: company for company in found}

    def contacts_of(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, Sequence[StoredContact]]:
        """Return the contacts of these companies in ascending order of id; a company without contacts is absent.

        There is no list of contacts under a company: the list of all contacts is filtered.
        """
        if not company_ids:
            return {}
        wanted = sorted(set(company_ids))
        rows = self._client.rows_where_in(CONTACTS, "company/id", wanted, fields=_CONTACT_FIELDS)
        found: dict[CompanyId, list[StoredContact]] = {}
        for row in rows:
            contact = parsed(ContactRow, row, "GET", CONTACTS).stored()
            found.setdefault(contact.company_id, []).append(contact)
        return found

    def create_company(self, company: NewCompany, *, send_before: float) -> StoredCompany:
        """Post the company once; never sent after `send_before` (monotonic clock of this process).

        Repeated only when it was certainly not carried out. Raises DuplicateRecord when the identifier is taken, and
        RequestInvalid, with nothing sent, when the tenant does not have the currency.
        """
        body = company_body(company)
        if company.currency is not None:
            body["currency"] = {"id": self._setup.currency(company.currency)}
        row = self._client.create(COMPANIES, body, fields=fields_of(CompanyRow), send_before=send_before)
        return parsed(CompanyRow, row, "POST", COMPANIES).stored()

    def create_contact(self, company_id: CompanyId, contact: NewContact, *, send_before: float) -> StoredContact:
        """Post the contact once, asking that it becomes the default contact of its company.

        Whether ConnectWise follows that is not documented: look at the company, else `set_default_contact`.
        """
        body = contact_body(company_id, contact)
        items = self._communication_items(contact)
        if items:
            body["communicationItems"] = items
        row = self._client.create(CONTACTS, body, fields=_CONTACT_FIELDS, send_before=send_before)
        # the answer to a POST has been seen without the communication items that were stored
        return parsed(ContactRow, row, "POST", CONTACTS).stored(email=contact.email)

    def set_default_contact(self, company_id: CompanyId, contact_id: ContactId) -> None:
        """Make a contact the default contact of its company; may be repeated, raises PatchIgnored without effect."""
        self._client.patch(f"{COMPANIES}/{company_id}", [replaced("defaultContact", {"id": contact_id})])

    def _communication_items(self, contact: NewContact) -> list[dict[str, Any]]:
        items = []
        if contact.email is not None:
            items.append(_item(self._setup.email_type(), "Email", contact.email))
        if contact.phone is not None:
            items.append(_item(self._setup.phone_type(), "Phone", contact.phone))
        return items


# the whole items: whether a path into an array trims its elements is not documented
_CONTACT_FIELDS = ("id", "firstName", "lastName", "company/id", "communicationItems")


def company_body(company: NewCompany) -> dict[str, Any]:
    """Return the body of a POST without the currency: every member that is not None, and always a site.

    The country is left out: its list is not documented, and a name in its place may be refused.
    """
    body: dict[str, Any] = texts(
        {
            "identifier": (company.identifier, 30),
            "name": (company.name, 50),
            "addressLine1": (company.address_line1, 50),
            "addressLine2": (company.address_line2, 50),
            "city": (company.city, 50),
            "state": (company.state, 50),
            "zip": (company.zip, 12),
            "phoneNumber": (company.phone_number, 30),
            "faxNumber": (company.fax_number, 30),
            "website": (company.website, 255),
        }
    )
    body["site"] = {"name": company.site_name}
    if company.type_ids:
        body["types"] = [{"id": type_id} for type_id in company.type_ids]
    if company.status_id is not None:
        body["status"] = {"id": company.status_id}
    return body


def contact_body(company_id: CompanyId, contact: NewContact) -> dict[str, Any]:
    """Return the body of a POST without the communication items."""
    body: dict[str, Any] = texts(
        {
            "firstName": (contact.first_name, 30),
            "lastName": (contact.last_name, 30),
            "title": (contact.title, 100),
        }
    )
    return body | {"company": {"id": company_id}, "defaultFlag": True}


def _item(type_id: int, communication_type: str, value: str) -> dict[str, Any]:
    return {
        "type": {"id": type_id},
        "value": storable_text(value, 250),
        "communicationType": communication_type,
        "defaultFlag": True,
    }
