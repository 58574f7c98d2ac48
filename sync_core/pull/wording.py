"""What a person reads about a record: Created, Updated (which columns), Unchanged, or why it was skipped or failed."""

from collections.abc import Sequence

from dataverse.psasync.records import ItemOutcome
from sync_core.mapping.drafts import spoken
from sync_core.pull.plans import ImportPlan

_ROWS = {"account": "account", "contact": "contact", "billing_contract": "billing contract"}
_OUR_OWN = frozenset({"psa_id", "psa_name"})


_CREATED, _UPDATED = "Created ", "Updated: "


def done_message(plan: ImportPlan, *, notes: Sequence[str] = ()) -> str:
    """Return the sentence of a record that was imported, with what could not be taken over."""
    match plan.action:
        case "create":
            sentence = f'{_CREATED}"{plan.psa_name}".'
        case "update":
            sentence = f"{_UPDATED}{changed_columns(plan)}."
        case _:
            sentence = "Unchanged: everything was as in ConnectWise already."
    return " ".join((sentence, *notes))


def outcome_told(message: str) -> ItemOutcome:
    """Return the outcome that a sentence of `done_message` tells."""
    if message.startswith(_CREATED):
        return ItemOutcome.CREATED
    return ItemOutcome.UPDATED if message.startswith(_UPDATED) else ItemOutcome.UNCHANGED


def planned_message(plan: ImportPlan) -> str:
    """Return the sentence of a record in the preview."""
    match plan.action:
        case "create":
            sentence = f'Will be created as "{plan.psa_name}".'
        case "update":
            sentence = f"Will be updated: {changed_columns(plan)}."
        case "leave":
            sentence = "Another import works on this record at the moment."
        case _:
            sentence = "Nothing to do: everything is as in ConnectWise already."
    if plan.suggestion is not None:
        sentence += (
            f' "{plan.suggestion.name}" seems to be the same, because {plan.suggestion.reason}: link it instead.'
        )
    return sentence


def refused_message(reason: str) -> str:
    """Return the sentence of a record that Work 365 did not take."""
    return f"Failed because Work 365 refused the record: {reason} Correct that and import it again."


def changed_columns(plan: ImportPlan) -> str:
    """Return the changed columns as a list for people; the columns that hold the mapping count as one."""
    words = []
    for change in plan.all_changes():
        row, _, word = change.column.partition(".")
        label = "link to ConnectWise" if word in _OUR_OWN else spoken(word)
        words.append(f"{_ROWS[row]} {label}" if row == "contact" else label)
    return ", ".join(dict.fromkeys(words)) or "link to ConnectWise"
