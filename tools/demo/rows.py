"""Rows that are not mapped: what a clerk chooses for each, and what the preview says of it."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from tools.demo.app import App, Row
from tools.demo.screen import say

_SURE_SCORE: Final = 70
"""A clerk ticks no suggestion below this score without a closer look."""

_IN_DOUBT: Final = "outcome_unknown"
_SHOWN_WARNINGS: Final = 3
_LONGEST_REASONS: Final = 105


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for one row: map it to a suggestion that leaves no doubt, else make it anew.

    `must_look_up`: an earlier Save may have made a record for it, which Add New looks for.
    """

    row_id: str
    name: str
    suggestion: Row | None
    must_look_up: bool = False

    @property
    def wish(self) -> Row:
        """The item of a push."""
        if self.suggestion is None or self.is_unsure or self.must_look_up:
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
    return [Choice(row["id"], row["name"], suggestions.get(row["id"])) for row in rows]


def planned_rows(app: App, kind: str, choices: list[Choice]) -> list[Planned]:
    """Preview the choices, those that must be looked up once more as Add New; nothing is written."""
    plan = _previewed(app, kind, choices)
    doubtful = [replace(row.choice, must_look_up=True) for row in plan if row.item["code"] == _IN_DOUBT]
    certain = [row for row in plan if row.item["code"] != _IN_DOUBT]
    return certain + (_previewed(app, kind, doubtful) if doubtful else [])


def _previewed(app: App, kind: str, choices: list[Choice]) -> list[Planned]:
    body = {"connector_id": app.connector_id, "kind": kind, "items": [choice.wish for choice in choices]}
    items = {item["id"]: item for item in app.send("POST", "push/preview", body)["items"]}
    return [Planned(choice, items[choice.row_id]) for choice in choices]


def show_plan(plan: list[Planned]) -> None:
    """Print how many rows are mapped, created and blocked, what is mapped to what, and warnings."""
    counts = Counter(row.item["action"] for row in plan)
    shown = ", ".join(f"{action} {counts[action]}" for action in ("map", "create", "blocked"))
    say(f"{len(plan)} to do. Preview: {shown}.")
    for row in plan:
        if row.is_allowed and row.choice.suggestion is not None:
            _show_suggestion(row.choice, row.choice.suggestion)
    warnings = [warning for row in plan for warning in row.item["warnings"]]
    for warning in warnings[:_SHOWN_WARNINGS]:
        say(f"Warning: {warning}", indent=5)
    if len(warnings) > _SHOWN_WARNINGS:
        say(f"and {len(warnings) - _SHOWN_WARNINGS} warnings more", indent=5)


def _show_suggestion(choice: Choice, suggestion: Row) -> None:
    identifier = f" [{suggestion['identifier']}]" if suggestion["identifier"] else ""
    target = f"{suggestion['name']}{identifier}"
    say(f"{choice.name} -> " + (f"new; this is not sure: {target}" if choice.is_unsure else target), indent=5)
    say(f"{suggestion['score']}: {_why(suggestion['reasons'])}", indent=7)
    if suggestion["ambiguous"]:
        say(suggestion["ambiguous"], indent=7)


def _why(reasons: list[str]) -> str:
    """Return as many reasons, the weightiest first, as one line can show."""
    shown = reasons[:1]
    for reason in reasons[1:]:
        if len("; ".join([*shown, reason])) <= _LONGEST_REASONS:
            shown.append(reason)
    return "; ".join(shown)
