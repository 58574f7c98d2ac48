"""PATCH: a list of operations on members, with the traps of the vendor (connectwise.md 4.2)."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from emulators.connectwise.bodies import read_object, read_value, unknown_member, wrong_type
from emulators.connectwise.errors import api_error
from emulators.connectwise.positions import Step
from emulators.connectwise.schema import Kind, Member, Model, model

_OPERATIONS = ("add", "replace", "remove")
_APPEND = "-"


def changes_of(
    owner: Model, text: str, data: Any, current: Mapping[str, Any], version: tuple[int, int]
) -> dict[str, Any]:
    """Return the members that the operations change, typed after the model.

    `current` holds the array members as an answer shows them. A path into a reference has no effect: the documents
    warn of a false 200. Raises ApiError.
    """
    if not isinstance(data, list):
        raise wrong_type(text, (), data, "System.Collections.Generic.List`1")
    changes: dict[str, Any] = {}
    for number, item in enumerate(data):
        operation = _operation(owner, text, item, number, version)
        member = operation.member
        if not operation.rest:
            changes[member.name] = operation.member_value()
        elif member.kind in (Kind.OBJECTS, Kind.SCALARS):
            array = changes[member.name] if member.name in changes else _writable(member, current.get(member.name))
            changes[member.name] = operation.changed_array(list(array or ()))
    return changes


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation: `rest` is the path behind the member, `steps` lead to the value in the text."""

    owner: Model
    member: Member
    op: str
    path: str
    rest: Sequence[str]
    value: Any
    text: str
    steps: Sequence[Step]
    version: tuple[int, int]

    def member_value(self) -> Any:
        """Return the new value of the whole member; null when it is removed."""
        if self._clears():
            return None
        return read_value(self.member, self.text, self.value, self.steps, self.version)

    def changed_array(self, array: list[Any]) -> list[Any]:
        """Change, append or remove one element of an array member."""
        whole = len(self.rest) == 1
        inserts = whole and self.op == "add"
        index = len(array) if self.rest[0] == _APPEND else self._index()
        if index > len(array) or (index == len(array) and not inserts):
            raise _no_such_path(self.owner, self.path)
        if not whole:
            array[index] = self._changed_element(array[index])
        elif self.op == "remove":
            del array[index]
        else:
            array[index : index + (not inserts)] = [self._element()]
        return array

    def _clears(self) -> bool:
        return self.op == "remove" or self.value is None

    def _index(self) -> int:
        text = self.rest[0]
        if not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise _no_such_path(self.owner, self.path)
        return int(text)

    def _element(self) -> Any:
        if self.member.kind is Kind.SCALARS:
            element = replace(self.member, kind=self.member.element or Kind.TEXT, nullable=False)
            return read_value(element, self.text, self.value, self.steps, self.version)
        return read_object(model(self.member.model), self.text, self.value, self.version, self.steps)

    def _changed_element(self, element: Any) -> Any:
        parts = model(self.member.model).members if self.member.kind is Kind.OBJECTS else {}
        part = parts.get(self.rest[1])
        if part is None or part.observed_only:
            raise _no_such_path(self.owner, self.path)
        if len(self.rest) > 2:
            return element
        changed = deepcopy(element)
        changed[part.name] = (
            None if self._clears() else read_value(part, self.text, self.value, self.steps, self.version)
        )
        return changed


def _operation(owner: Model, text: str, item: Any, number: int, version: tuple[int, int]) -> _Operation:
    if not isinstance(item, Mapping):
        raise wrong_type(text, (number,), item, "PatchOperation")
    for name in item:
        if name not in ("op", "path", "value"):
            raise unknown_member(text, (number, name), "PatchOperation")
    op, path = item.get("op"), item.get("path")
    if op not in _OPERATIONS:
        raise api_error(400, "ConnectWiseApi", f"op must be one of: {', '.join(_OPERATIONS)}.")
    if not isinstance(path, str):
        raise api_error(400, "ConnectWiseApi", "path must be the name of a member.")
    head, *rest = path.removeprefix("/").split("/")
    member = owner.members.get(head)
    if member is None or member.observed_only or member.since > version:
        raise _no_such_path(owner, path)
    return _Operation(owner, member, op, path, rest, item.get("value"), text, (number, "value"), version)


def _writable(member: Member, shown: Any) -> Any:
    """Return an array as a body may hold it: without the members that only answers have."""
    if member.kind is not Kind.OBJECTS:
        return shown
    known = model(member.model).members
    return [
        {name: value for name, value in item.items() if name in known and not known[name].observed_only}
        for item in shown or ()
    ]


def _no_such_path(owner: Model, path: str) -> Exception:
    message = f"Could not find member '{path}' on object of type '{owner.name}'. The path is case-sensitive."
    return api_error(400, "ConnectWiseApi", message)
