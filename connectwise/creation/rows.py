"""What is read of records that may have been created before, and the records made of it."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectwise.creation.records import StoredAgreement, StoredCatalogItem, StoredCompany, StoredContact
from connectwise.directory.records import CommunicationItem, ContactId
from connectwise.records import AgreementId, CatalogItemId, CompanyId

_OVER = frozenset({"Cancelled", "Expired"})


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class _Linked(BaseModel):
    """A reference of which only the id is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int


class CatalogItemRow(_Row):
    """A catalog item."""

    id: CatalogItemId
    identifier: str
    description: str = ""
    product_class: str | None = None
    inactive_flag: bool = False
    integration_xref: str | None = Field(default=None, alias="integrationXRef")  # the vendor's capitals

    def stored(self) -> StoredCatalogItem:
        """Return the record."""
        return StoredCatalogItem(
            id=self.id,
            identifier=self.identifier,
            description=self.description,
            product_class=self.product_class,
            is_inactive=self.inactive_flag,
            integration_xref=self.integration_xref,
        )


class CompanyRow(_Row):
    """A company."""

    id: CompanyId
    identifier: str
    name: str
    default_contact: _Linked | None = None
    deleted_flag: bool = False

    def stored(self) -> StoredCompany:
        """Return the record."""
        contact = self.default_contact
        return StoredCompany(
            id=self.id,
            identifier=self.identifier,
            name=self.name,
            default_contact_id=ContactId(contact.id) if contact else None,
            is_deleted=self.deleted_flag,
        )


class ContactRow(_Row):
    """A contact; one without a company belongs to nobody here."""

    id: ContactId
    first_name: str = ""
    last_name: str | None = None
    company: _Linked
    communication_items: tuple[CommunicationItem, ...] = ()

    def stored(self, email: str | None = None) -> StoredContact:
        """Return the record; `email` stands in where the answer holds no communication items."""
        emails = [item for item in self.communication_items if item.communication_type == "Email"]
        default = sorted(emails, key=lambda item: not item.default_flag)
        return StoredContact(
            id=self.id,
            company_id=CompanyId(self.company.id),
            first_name=self.first_name,
            last_name=self.last_name,
            email=default[0].value if default else email,
        )


class AgreementRow(_Row):
    """An agreement."""

    id: AgreementId
    name: str
    company: _Linked
    work_order: str | None = None
    cancelled_flag: bool = False
    agreement_status: str | None = None

    def stored(self) -> StoredAgreement:
        """Return the record; an agreement that has not begun yet counts as active."""
        return StoredAgreement(
            id=self.id,
            name=self.name,
            company_id=CompanyId(self.company.id),
            work_order=self.work_order,
            is_active=not self.cancelled_flag and self.agreement_status not in _OVER,
        )
