"""Contacts and their communication items (connectwise.md 9.2)."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from emulators.connectwise.desk import Desk
from emulators.connectwise.draft import Draft, utf16_length
from emulators.connectwise.errors import bad_field, invalid, missing_reference, required, too_long
from emulators.connectwise.references import LINK_ROOT
from emulators.connectwise.resources import COMMUNICATION_TYPES, COMPANIES, CONTACT_TYPES, CONTACTS, SITES
from emulators.connectwise.rows import Row, Table
from emulators.connectwise.rules.base import Rules, check_belongs, refuse_create_only
from emulators.connectwise.rules.deletion import referring_rows
from emulators.connectwise.schema import Member, model

_ITEMS = "communicationItems"
_FLAG_OF = {"Email": "emailFlag", "Phone": "phoneFlag", "Fax": "faxFlag"}


class ContactRules(Rules):
    """Contacts: first name needed, one default item of each kind, types on create only."""

    create_only: ClassVar[tuple[str, ...]] = ("types", "typeIds")
    hidden: ClassVar[tuple[str, ...]] = ("portalPassword", "typeIds")
    left_out_on_create: ClassVar[tuple[str, ...]] = ("communicationItems",)

    def prepare(self, draft: Draft) -> None:
        """Take communication items, the default flag and the types out of the body."""
        refuse_create_only(self, draft)
        for name in (_ITEMS, "defaultFlag", "typeIds"):
            if name in draft.given:
                draft.extra[name] = draft.given.pop(name)
        for name in ("defaultPhoneType", "defaultPhoneNbr", "defaultPhoneExtension"):
            draft.given.pop(name, None)

    def check(self, draft: Draft) -> None:
        """Check items and site; fill site and GUID."""
        values = draft.values
        if _ITEMS in draft.extra:
            items = self._items(draft, draft.extra[_ITEMS] or ())
            values[_ITEMS] = items or None
        if draft.extra.get("typeIds"):
            values["types"] = self._known_types(draft)
        if draft.verb == "POST":
            values["mobileGuid"] = values.get("mobileGuid") or str(uuid.uuid4())
        company_id = values.get("company")
        if company_id is None:
            if draft.extra.get("defaultFlag"):
                draft.faults.append(bad_field("defaultFlag", "A default contact needs a company."))
            return
        if values.get("site") is None:
            companies = self.store[COMPANIES]
            values["site"] = companies.value(companies.rows[company_id], "site")
        elif draft.changed("site", "company"):
            sites = self.store[SITES]
            owner = sites.value(sites.rows[values["site"]], "company")
            check_belongs(draft, "site", owner, company_id, "The site must be a site of the contact's company.")

    def stored(self, draft: Draft, row: Row) -> Row:
        """Make the contact the default contact of its company, or no longer so."""
        flag = draft.extra.get("defaultFlag")
        company_id = draft.values.get("company")
        if flag is None or company_id is None:
            return row
        companies = self.store[COMPANIES]
        is_default = companies.value(companies.rows[company_id], "defaultContact") == row[0]
        if flag != is_default:
            self.desk.change(COMPANIES, company_id, {"defaultContact": row[0] if flag else None})
        return row

    def hand_over(self, row_id: int, query: Mapping[str, str]) -> None:
        """Let the contact of `transferContactId` take over the records of this one."""
        heir = query.get("transfercontactid")
        if heir is None:
            return
        heir_id = int(heir) if heir.isascii() and heir.isdecimal() else 0
        if heir_id == row_id or heir_id not in self.store[CONTACTS].rows:
            raise invalid("contact", [missing_reference("transferContactId", f"Contact {heir} not found")])
        for path, member, referrer in referring_rows(self.desk, CONTACTS, row_id):
            self.desk.change(path, referrer, {member: heir_id})

    def computed(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return the items with their types, the default phone and the default flag."""
        at = self.store[CONTACTS].at
        items, company = at[_ITEMS], at["company"]
        companies = self.store[COMPANIES]
        show_type = self.desk.references.show(_item_members()["type"])

        def phone(name: str) -> Callable[[Row], Any]:
            return lambda row: _phone(row[items], name, show_type)

        def default_flag(row: Row) -> bool:
            owner = companies.rows.get(row[company] or 0)
            return owner is not None and companies.value(owner, "defaultContact") == row[0]

        def shown_items(row: Row) -> list[dict[str, Any]]:
            return [{**item, "type": show_type(item["type"])} for item in row[items] or ()]

        return {
            _ITEMS: shown_items,
            "defaultFlag": default_flag,
            "defaultPhoneType": phone("type"),
            "defaultPhoneNbr": phone("value"),
            "defaultPhoneExtension": phone("extension"),
        }

    def links(self, row_id: int) -> Mapping[str, str]:
        """Return the link to the communications."""
        return {"communications_href": f"{LINK_ROOT}/company/contacts/{row_id}/communications"}

    def _known_types(self, draft: Draft) -> tuple[int, ...]:
        type_ids: tuple[int, ...] = draft.extra["typeIds"]
        for type_id in type_ids:
            if type_id not in self.store[CONTACT_TYPES].rows:
                draft.faults.append(missing_reference("typeIds", f"ContactType {type_id} not found"))
        return type_ids

    def _items(self, draft: Draft, given: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
        items = [item for element in given if (item := self._item(draft, element)) is not None]
        defaults: set[str] = set()
        for item in reversed(items):
            # a later default takes the flag away from an earlier one of its kind
            if item["defaultFlag"] and item["communicationType"] in defaults:
                item["defaultFlag"] = False
            elif item["defaultFlag"]:
                defaults.add(item["communicationType"])
        return tuple(items)

    def _item(self, draft: Draft, element: Mapping[str, Any]) -> dict[str, Any] | None:
        before = len(draft.faults)
        reference, value = element.get("type"), element.get("value")
        type_id, fault = self.desk.references.resolve(_item_members()["type"], reference or {}, f"{_ITEMS}/type")
        if fault:
            draft.faults.append(fault)
        elif type_id is None:
            draft.faults.append(required(f"{_ITEMS}/type"))
        if not value:
            draft.faults.append(required(f"{_ITEMS}/value"))
        self._check_caps(draft, element)
        if len(draft.faults) > before or type_id is None:
            return None
        kind = self._kind(draft, type_id, element.get("communicationType"))
        return stored_item(self.desk, element, type_id, kind)

    def _check_caps(self, draft: Draft, element: Mapping[str, Any]) -> None:
        for name, member in _item_members().items():
            text = element.get(name)
            if member.max_length is not None and text and utf16_length(text) > member.max_length:
                draft.faults.append(too_long(f"{_ITEMS}/{name}", member.max_length))

    def _kind(self, draft: Draft, type_id: int, given: str | None) -> str:
        allowed = kinds_of(self.store[COMMUNICATION_TYPES], type_id)
        if given is not None and given not in allowed:
            message = f"communicationType must be one of: {', '.join(allowed)}."
            draft.faults.append(bad_field(f"{_ITEMS}/communicationType", message))
        return given or allowed[0]


def kinds_of(types: Table, type_id: int) -> list[str]:
    """Return which of Email, Phone and Fax a communication type stands for."""
    row = types.rows[type_id]
    return [kind for kind, flag in _FLAG_OF.items() if types.value(row, flag)]


def stored_item(desk: Desk, given: Mapping[str, Any], type_id: int, kind: str) -> dict[str, Any]:
    """Return a communication item as a contact holds it, with an id and the domain of an e-mail address."""
    value = str(given.get("value") or "")
    item = {
        "id": given.get("id") or desk.store.take_number(_ITEMS),
        "type": type_id,
        "value": value,
        "extension": given.get("extension"),
        "defaultFlag": bool(given.get("defaultFlag")),
        "domain": f"@{value.partition('@')[2]}" if kind == "Email" else None,
        "communicationType": kind,
    }
    return {name: part for name, part in item.items() if part is not None}


def _item_members() -> Mapping[str, Member]:
    return model("ContactCommunicationItem").members


def _phone(items: Sequence[Mapping[str, Any]] | None, name: str, show_type: Callable[[int], Any]) -> Any:
    for item in items or ():
        if item["communicationType"] == "Phone" and item["defaultFlag"]:
            return (show_type(item["type"]) or {}).get("name") if name == "type" else item.get(name)
    return None
