"""Rows as JSON objects, whole or trimmed by `fields` (connectwise.md 3.3)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulators.connectwise import custom_fields
from emulators.connectwise.references import References
from emulators.connectwise.resources import TARGETS
from emulators.connectwise.rows import AUDIT_COLUMNS, Row, Table
from emulators.connectwise.rules.base import Rules
from emulators.connectwise.schema import Kind, Member, Model
from emulators.connectwise.store import Store

Show = Callable[[Row], Any]
# Members of an answer by lower-case name: None is the whole member, a set names parts of it.
Selection = Mapping[str, frozenset[str] | None]
ExtraMembers = Callable[[], bool]


def parse_fields(text: str | None) -> Selection | None:
    """Return what a `fields` parameter selects; None selects everything."""
    if not text or not text.strip():
        return None
    selection: dict[str, frozenset[str] | None] = {}
    for path in text.lower().split(","):
        head, _, rest = path.strip().partition("/")
        if not head:
            continue
        if not rest:
            selection[head] = None
        elif head not in selection:
            selection[head] = frozenset((rest,))
        elif (known := selection[head]) is not None:
            selection[head] = known | {rest}
    return selection


class Renderer:
    """Shows the rows of one table after one model."""

    def __init__(self, store: Store, references: References, table: Table, model: Model, rules: Rules) -> None:
        self._store = store
        self._references = references
        self._table = table
        self._rules = rules
        self._plan = self._build(model)
        self._info = _info(table, rules)

    def show(self, row: Row, selection: Selection | None, version: tuple[int, int], *, extra: bool) -> dict[str, Any]:
        """Return one row; `version` leaves newer members out, `extra` adds one that no model knows."""
        if selection is not None:
            return self._trimmed(row, selection, version)
        shown = {}
        for member, show in self._plan:
            value = show(row)
            if value is not None and member.since <= version:
                shown[member.name] = value
        if extra:
            shown["emulatorExtra"] = {"id": 1, "name": "A member that no model knows"}
        shown["_info"] = self._info(row)
        return shown

    def member(self, name: str) -> Show:
        """Return the function that shows one member."""
        return next(show for member, show in self._plan if member.name == name)

    def _trimmed(self, row: Row, selection: Selection, version: tuple[int, int]) -> dict[str, Any]:
        shown = {}
        for member, show in self._plan:
            folded = member.name.lower()
            if folded in selection and member.since <= version:
                value = show(row)
                if value is not None:
                    shown[member.name] = _part(value, selection[folded])
        if "_info" in selection:
            shown["_info"] = _part(self._info(row), selection["_info"])
        return shown

    def _build(self, model: Model) -> list[tuple[Member, Show]]:
        computed = self._rules.computed()
        plan: list[tuple[Member, Show]] = []
        for member in model.members.values():
            if member.kind is Kind.INFO or member.name in self._rules.hidden:
                continue
            plan.append((member, computed.get(member.name) or self._stored(member)))
        return plan

    def _stored(self, member: Member) -> Show:
        position = self._table.at[member.name]
        if member.kind is Kind.REFERENCE:
            return _one(position, self._references.show(member))
        if member.kind is Kind.OBJECTS:
            if member.name == custom_fields.FIELD:
                name = self._table.collection.model.name
                return lambda row: custom_fields.show(self._store, name, row[position])
            if member.model in TARGETS:
                return _many(position, self._references.show(member))
        return lambda row: row[position]


def _one(position: int, reference: Callable[[int], Any]) -> Show:
    def show(row: Row) -> Any:
        row_id = row[position]
        return None if row_id is None else reference(row_id)

    return show


def _many(position: int, reference: Callable[[int], Any]) -> Show:
    return lambda row: [reference(row_id) for row_id in row[position] or ()]


def _info(table: Table, rules: Rules) -> Callable[[Row], dict[str, str]]:
    columns = [(name, table.at[name]) for name in AUDIT_COLUMNS]

    def info(row: Row) -> dict[str, str]:
        shown = {name: row[position] for name, position in columns if row[position] is not None}
        shown.update(rules.links(row[0]))
        return shown

    return info


def _part(value: Any, wanted: frozenset[str] | None) -> Any:
    if wanted is None:
        return value
    if isinstance(value, list):
        return [_part(item, wanted) for item in value]
    if isinstance(value, Mapping):
        return {name: part for name, part in value.items() if _selected(name, wanted)}
    return value


def _selected(name: str, wanted: Iterable[str]) -> bool:
    folded = name.lower()
    return any(path == folded or path.startswith(f"{folded}/") for path in wanted)
