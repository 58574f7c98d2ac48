"""What a reference shows of the record it points to, and how a body names that record."""

from collections.abc import Callable, Mapping
from typing import Any

from emulators.connectwise.errors import Fault, missing_reference
from emulators.connectwise.resources import (
    ADDITIONS,
    SITES,
    TARGETS,
    TYPE_ASSOCIATIONS,
    collections,
)
from emulators.connectwise.rows import Row, Table
from emulators.connectwise.schema import Kind, Member, model
from emulators.connectwise.store import Store

# `_info` names another host than the one called, and its links contain a doubled slash (connectwise.md 3.5).
LINK_ROOT = "https://na.myconnectwise.net/v4_6_release/apis/3.0/"

Show = Callable[[Row], Any]

_NESTED = (SITES, TYPE_ASSOCIATIONS, ADDITIONS)
_LINK_NAMES = {"CompanyStatus": "status", "CatalogItem": "catalogItem", "AgreementType": "type", "CompanyType": "type"}


class References:
    """Shows and resolves references between the tables of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._views = {name: self._view(name, store[path]) for name, path in TARGETS.items()}

    def show(self, member: Member) -> Callable[[int], dict[str, Any] | None]:
        """Return a function from the id in a column to the reference object that an answer holds."""
        table = self._store[TARGETS[member.model]]
        views = [(name, view) for name, view in self._views[member.model].items() if name != "id"]
        link = _link_of(table)

        def reference(row_id: int) -> dict[str, Any] | None:
            row = table.rows.get(row_id)
            if row is None:
                return None
            shown: dict[str, Any] = {"id": row_id}
            for name, view in views:
                value = view(row)
                if value is not None:
                    shown[name] = value
            shown["_info"] = link(row_id)
            return shown

        return reference

    def member_of(self, reference_model: str, name: str) -> Callable[[int | None], Any]:
        """Return a function from an id to one shown member, such as the company's name; null for no id."""
        rows = self._store[TARGETS[reference_model]].rows
        view = self._views[reference_model][name]

        def value(row_id: int | None) -> Any:
            row = None if row_id is None else rows.get(row_id)
            return None if row is None else view(row)

        return value

    def parts(self, reference_model: str) -> Mapping[str, Show]:
        """Return the members that a reference can show."""
        return self._views[reference_model]

    def resolve(self, member: Member, reference: Mapping[str, Any], field: str) -> tuple[int | None, Fault | None]:
        """Return the id that a body's reference means, or the fault: by id, else by identifier, in setup lists by name.

        Names of records are not unique. A reference that names nothing is no reference.
        """
        table = self._store[TARGETS[member.model]]
        noun = table.collection.noun
        row_id = reference.get("id")
        if row_id is not None:
            found = row_id if row_id in table.rows else None
            return found, None if found else missing_reference(f"{field}/id", f"{noun} {row_id} not found")
        for name in ("identifier", "name"):
            wanted = reference.get(name)
            if wanted:
                unique = name == "identifier" or table.collection.setup
                found = self._find(table, member.model, name, wanted) if unique else None
                return found, None if found else missing_reference(f"{field}/{name}", f"{noun} {wanted} not found")
        return None, None

    def _find(self, table: Table, reference_model: str, name: str, wanted: str) -> int | None:
        if name in table.at:
            return table.lookup(name, wanted)
        view = self._views[reference_model][name]
        return next((row_id for row_id in table.ids if view(table.rows[row_id]) == wanted), None)

    def _view(self, reference_model: str, table: Table) -> dict[str, Show]:
        special = self._special(table)
        views = {}
        for name, member in model(reference_model).members.items():
            if name in special:
                views[name] = special[name]
            elif member.kind is not Kind.INFO and name in table.at:
                views[name] = _column(table.at[name])
        return views

    def _special(self, table: Table) -> dict[str, Show]:
        """Return the members of a reference that are not simply members of the record."""
        at = table.at
        match table.collection.noun:
            case "Contact":
                return {"name": lambda row: full_name(row[at["firstName"]], row[at["lastName"]])}
            case "TaxCode":
                return {"name": _column(at["identifier"])}
            case "CommunicationType":
                return {"name": _column(at["description"])}
            case "Currency":
                return {"currencyCode": _column(at["currencyIdentifier"])}
            case "Agreement":
                return {
                    "type": lambda row: self.member_of("AgreementTypeReference", "name")(row[at["type"]]),
                    "chargeFirmFlag": _column(at["chargeToFirm"]),
                }
            case _:
                return {}


def full_name(first: str | None, last: str | None) -> str:
    """Return first and last name with one blank between them."""
    return " ".join(part for part in (first, last) if part)


def _column(position: int) -> Show:
    return lambda row: row[position]


def _link_of(table: Table) -> Callable[[int], dict[str, str]]:
    collection = table.collection
    if not collection.served or collection.path in _NESTED:
        return lambda _row_id: {}
    key = f"{_LINK_NAMES.get(collection.noun, collection.resource)}_href"
    root = f"{LINK_ROOT}{collection.path}/"
    return lambda row_id: {key: f"{root}{row_id}"}


def references_to(path: str) -> list[tuple[str, str]]:
    """Return (collection, member) of every single reference that may point into the collection `path`."""
    return [
        (collection.path, member.name)
        for collection in collections().values()
        for member in collection.model.members.values()
        if member.kind is Kind.REFERENCE and TARGETS[member.model] == path
    ]
