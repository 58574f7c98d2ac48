"""Rows that are not mapped: what a clerk chooses for each, and what the preview says of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from tools.demo.app import App, Row

_SURE_SCORE: Final = 70
"""A clerk ticks no suggestion below this score without a closer look."""

_IN_DOUBT: Final = frozenset({"Syncing", "Unknown"})
"""An earlier Save may have made a record for the row: Add New looks for it before it makes one."""

_SHOWN_WARNINGS: Final = 3
_SHOWN_REASONS: Final = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for one row: map it to a suggestion that leaves no doubt, else make it anew."""

    row_id: str
    name: str
    suggestion: Row | None

    @property
    def wish(self) -> Row:
        """The item of a push."""
        if self.suggestion is None or self.is_unsure:
            return {"id": self.row_id, "action": "create"}
        return {"id": self.row_id, "action": "map", "psa_id": self.suggestion["psa_id"]}

    @property
    def is_unsure(self) -> bool:
        """Whether there is a suggestion that a person has to look at closer."""
        found = self.suggestion
        return found is not None and (found["ambiguous"] is not None or found["score"] < _SURE_SCORE)


@dataclass(frozen=True, slots=True)
class Planned:
    """A choice and what the preview says of it."""

    choice: Choice
    item: Row

    @property
    def row_id(self) -> str:
        """Id of the row in Work 365."""
        return self.choice.row_id

    @property
    def name(self) -> str:
        """Name of the row in Work 365."""
        return self.choice.name

    @property
    def message(self) -> str:
        """The preview's sentence."""
        return str(self.item["message"])

    @property
    def next_step(self) -> str | None:
        """The step that must come first."""
        prerequisite = self.item["prerequisite"]
        return None if prerequisite is None else str(prerequisite["step"])

    @property
    def is_allowed(self) -> bool:
        """Whether Save would map or create it."""
        return self.item["action"] in {"create", "map"}

    @property
    def is_held(self) -> bool:
        """Whether another Save works on it."""
        return bool(self.item["code"] == "held_elsewhere")

    @property
    def is_done(self) -> bool:
        """Whether it was mapped since the list was read."""
        return bool(self.item["action"] == "skip")

    @property
    def wish_as_previewed(self) -> Row:
        """The item of the push, with what the preview showed."""
        return self.choice.wish | {"previewed": self.item["previewed"]}


def chosen(app: App, list_name: str) -> list[Choice]:
    """Read the rows of a tab that are not mapped, and the suggestions for all of them at once."""
    rows = list(app.pages(f"push/{list_name}", connector_id=app.connector_id, view="unmapped"))
    if not rows:
        return []
    suggested = app.pages(f"push/{list_name}/suggestions", connector_id=app.connector_id)
    suggestions = {row["id"]: row["suggestion"] for row in suggested}
    for row in rows:
        if row["status"] in _IN_DOUBT:
            suggestions.pop(row["id"], None)
    return [Choice(row["id"], row["name"], suggestions.get(row["id"])) for row in rows]


def planned_rows(app: App, kind: str, choices: list[Choice]) -> list[Planned]:
    """Preview the choices; nothing is written."""
    body = {"connector_id": app.connector_id, "kind": kind, "items": [choice.wish for choice in choices]}
    items = {item["id"]: item for item in app.send("POST", "push/preview", body)["items"]}
    return [Planned(choice, items[choice.row_id]) for choice in choices]


def show_plan(plan: list[Planned]) -> None:
    """Print how many rows are mapped, created and blocked, what is mapped to what, and warnings."""
    counts = Counter(row.item["action"] for row in plan)
    shown = ", ".join(f"{action} {counts[action]}" for action in ("map", "create", "blocked"))
    print(f"   {len(plan)} to do. Preview: {shown}.")
    for row in plan:
        if row.item["action"] == "map" and row.choice.suggestion is not None:
            print(f"     {row.name} -> {_described(row.choice.suggestion)}")
    for row in plan:
        if row.item["action"] == "create" and row.choice.suggestion is not None:
            print(f"     {row.name} -> new, as this is not sure: {_described(row.choice.suggestion)}")
            if row.choice.suggestion["ambiguous"]:
                print(f"       {row.choice.suggestion['ambiguous']}")
    warnings = [warning for row in plan for warning in row.item["warnings"]]
    for warning in warnings[:_SHOWN_WARNINGS]:
        print(f"     Warning: {warning}")
    if len(warnings) > _SHOWN_WARNINGS:
        print(f"     and {len(warnings) - _SHOWN_WARNINGS} warnings more")


def _described(suggestion: Row) -> str:
    identifier = f" [{suggestion['identifier']}]" if suggestion["identifier"] else ""
    why = "; ".join(suggestion["reasons"][:_SHOWN_REASONS])
    return f"{suggestion['name']}{identifier} ({suggestion['score']}: {why})"
