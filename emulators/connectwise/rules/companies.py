"""Companies, their sites and their type associations (connectwise.md 9.1)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from emulators.connectwise.desk import API_MEMBER
from emulators.connectwise.draft import Draft, resolve_all
from emulators.connectwise.errors import bad_field, duplicate
from emulators.connectwise.references import LINK_ROOT
from emulators.connectwise.resources import COMPANIES, COMPANY_STATUSES, CONTACTS, SITES, TYPE_ASSOCIATIONS
from emulators.connectwise.rows import Row
from emulators.connectwise.rules.base import Rules, check_belongs, refuse_create_only
from emulators.connectwise.schema import Member

_DEFAULT_SITE = "Main"
_ADDRESS = ("addressLine1", "addressLine2", "city", "zip", "country", "phoneNumber", "faxNumber")


class CompanyRules(Rules):
    """Unique identifier, one site from the start, types on create only, a recycle bin."""

    create_only: ClassVar[tuple[str, ...]] = ("types",)
    owned: ClassVar[tuple[str, ...]] = (SITES, TYPE_ASSOCIATIONS)

    def prepare(self, draft: Draft) -> None:
        """Keep site and types back: on create they become rows of their own."""
        refuse_create_only(self, draft)
        if draft.verb != "POST":
            return
        site = draft.given.pop("site", None) or {}
        draft.extra["site"] = site.get("name") or _DEFAULT_SITE
        types = draft.given.pop("types", None) or ()
        draft.extra["types"] = resolve_all(self.desk, draft, self._types_member(), types)

    def check(self, draft: Draft) -> None:
        """Check identifier, default contact and site; fill the default status."""
        values = draft.values
        self._check_identifier(draft)
        if values.get("status") is None:
            values["status"] = _default_row(self.store[COMPANY_STATUSES])
        if draft.changed("defaultContact") and values.get("defaultContact") is not None:
            owner = self._owner(CONTACTS, values["defaultContact"])
            message = "The default contact must be a contact of the company."
            check_belongs(draft, "defaultContact", owner, draft.row_id, message)
        if draft.verb != "POST" and draft.changed("site") and values.get("site") is not None:
            owner = self._owner(SITES, values["site"])
            check_belongs(draft, "site", owner, draft.row_id, "The site must be a site of the company.")
        if draft.changed("deletedFlag"):
            deleted = values.get("deletedFlag")
            values["dateDeleted"] = self.desk.timestamp() if deleted else None
            values["deletedBy"] = API_MEMBER if deleted else None

    def stored(self, draft: Draft, row: Row) -> Row:
        """Write the first site and the type associations of a new company."""
        if draft.verb != "POST":
            return row
        company_id = row[0]
        for type_id in draft.extra["types"]:
            self.desk.add(TYPE_ASSOCIATIONS, {"type": type_id, "company": company_id})
        address = {name: draft.values.get(name) for name in _ADDRESS}
        flags = {"defaultShippingFlag": True, "defaultBillingFlag": True, "defaultMailingFlag": True}
        site = {"name": draft.extra["site"], "company": company_id, "primaryAddressFlag": True, **flags, **address}
        site_row = self.desk.add(SITES, {"inactiveFlag": False, "billSeparateFlag": False, **site})
        table = self.store[COMPANIES]
        completed = table.make({**table.values(row), "site": site_row[0]})
        self.store.put(COMPANIES, completed)
        return completed

    def computed(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return the types, which are the type associations of the company."""
        associations = self.store[TYPE_ASSOCIATIONS]
        position = associations.at["type"]
        show = self.desk.references.show(self._types_member())

        def types(row: Row) -> list[Any]:
            return [show(associations.rows[i][position]) for i in associations.children(row[0])]

        return {"types": types}

    def links(self, row_id: int) -> Mapping[str, str]:
        """Return the links to the lists of the company."""
        return {"sites_href": f"{LINK_ROOT}/company/companies/{row_id}/sites"}

    def _check_identifier(self, draft: Draft) -> None:
        other = self.store[COMPANIES].lookup("identifier", draft.values.get("identifier"))
        if other not in (None, draft.row_id) and draft.changed("identifier"):
            draft.faults.append(duplicate("identifier", "Company ID already in use."))

    def _owner(self, path: str, row_id: int) -> int | None:
        table = self.store[path]
        owner: int | None = table.value(table.rows[row_id], "company")
        return owner

    def _types_member(self) -> Member:
        return self.store[COMPANIES].collection.model.members["types"]


class SiteRules(Rules):
    """A site belongs to the company in its path."""

    def check(self, draft: Draft) -> None:
        """Refuse another company than that of the path."""
        check_parent(draft, "company")


class TypeAssociationRules(Rules):
    """A company has each type once."""

    def check(self, draft: Draft) -> None:
        """Refuse a second association with the same type."""
        check_parent(draft, "company")
        table = self.store[TYPE_ASSOCIATIONS]
        siblings = table.children(draft.parent_id or 0)
        taken = {table.value(table.rows[i], "type") for i in siblings if i != draft.row_id}
        if draft.values.get("type") in taken:
            draft.faults.append(duplicate("type", "The company already has this type."))


def check_parent(draft: Draft, name: str) -> None:
    """Put the parent of the path into the row; refuse a body that names another one."""
    if draft.values.get(name) not in (None, draft.parent_id):
        draft.faults.append(bad_field(f"{name}/id", f"{name} must be the record in the path."))
    elif name not in draft.collection.model.required:
        draft.values[name] = draft.parent_id


def _default_row(table: Any) -> int | None:
    position = table.at["defaultFlag"]
    return next((row_id for row_id in table.ids if table.rows[row_id][position]), None)
