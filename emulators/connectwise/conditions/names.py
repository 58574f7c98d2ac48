"""Which names a filter or an order may use on which object, and how to read them (connectwise.md 3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.connectwise.errors import find_condition
from emulators.connectwise.references import References
from emulators.connectwise.rows import Table
from emulators.connectwise.rules.base import Rules
from emulators.connectwise.schema import Kind, Member, model

_SCALARS = (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.TEXT, Kind.ENUM, Kind.TIME)
# Open questions of connectwise.md 14.2; the strict reading is that they cannot be searched.
_UNKNOWN = (
    "serialNumber",
    "invoiceDescription",
    "workOrder",
    "integrationXRef",
    "integrationXref",
    *(f"userDefinedField{number}" for number in range(1, 11)),
)
_SECRET = ("portalPassword", "securityIdentifier")
# Computed members that can be searched all the same; the others exist only in answers.
_COMPUTED_SEARCHABLE = ("agreementStatus", "agreementId", "nextInvoiceDate", "dateDeleted", "deletedBy", "defaultFlag")
# A string in the models, a time in what it holds.
_TIMES_AS_TEXT = ("nextInvoiceDate",)

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Name:
    """One searchable name: how to read it, what it holds, which index answers equality on it, and whether its values
    change with the row alone.
    """

    read: Read
    kind: Kind
    index: str | None = None
    stored: bool = False


class Names:
    """The searchable names of one table."""

    def __init__(self, table: Table, references: References, rules: Rules, *, open_questions: bool) -> None:
        self._names: dict[str, Name] = {"lastupdated": Name(_column(table.at["lastUpdated"]), Kind.TIME, stored=True)}
        computed = rules.computed()
        for member in table.collection.model.members.values():
            if member.kind is Kind.REFERENCE:
                self._add_reference(table, references, member)
            elif _searchable(member, open_questions=open_questions):
                stored = member.name not in computed
                read = _column(table.at[member.name]) if stored else computed[member.name]
                index = _index(table, member.name)
                kind = Kind.TIME if member.name in _TIMES_AS_TEXT else member.kind
                self._names[member.name.lower()] = Name(read, kind, index, stored)

    def find(self, path: str) -> Name:
        """Return a name, letter case aside; raises ApiError 400 `ApiFindCondition`."""
        name = self._names.get(path.lower())
        if name is None:
            raise find_condition(f"{path} is not a recognized name.")
        return name

    def _add_reference(self, table: Table, references: References, member: Member) -> None:
        position = table.at[member.name]
        for part, of_part in model(member.model).members.items():
            path = f"{member.name}/{part}".lower()
            if part == "id":
                self._names[path] = Name(_column(position), Kind.INTEGER, _index(table, member.name))
                # a bare reference can only be compared with null
                self._names[member.name.lower()] = Name(_column(position), Kind.REFERENCE)
            elif of_part.kind in _SCALARS and part in references.parts(member.model):
                self._names[path] = Name(_through(position, references.member_of(member.model, part)), of_part.kind)


def child_names(owner: Mapping[str, Member]) -> Mapping[str, tuple[tuple[str, ...], Kind]]:
    """Return the names inside the elements of array members: lower-case path to its steps and kind."""
    names: dict[str, tuple[tuple[str, ...], Kind]] = {}
    for member in owner.values():
        if member.kind is Kind.OBJECTS and member.name != "customFields":
            _add_children(names, member)
    return names


def _add_children(names: dict[str, tuple[tuple[str, ...], Kind]], array: Member) -> None:
    for part in model(array.model).members.values():
        if part.kind is Kind.REFERENCE:
            for inner in model(part.model).members.values():
                if inner.kind in _SCALARS:
                    steps = (array.name, part.name, inner.name)
                    names["/".join(steps).lower()] = (steps, inner.kind)
        elif part.kind in _SCALARS:
            names[f"{array.name}/{part.name}".lower()] = ((array.name, part.name), part.kind)


def _searchable(member: Member, *, open_questions: bool) -> bool:
    if member.kind not in _SCALARS or member.name in _SECRET:
        return False
    if member.name in _UNKNOWN:
        return open_questions
    return not member.computed or member.name in _COMPUTED_SEARCHABLE


def _index(table: Table, column: str) -> str | None:
    return column if column == "id" or column in table.indexes else None


def _column(position: int) -> Read:
    return lambda row: row[position]


def _through(position: int, member_of: Callable[[int | None], Any]) -> Read:
    return lambda row: member_of(row[position])
