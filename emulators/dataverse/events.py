"""What happened to rows, for whoever listens: noted while a request runs."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from emulators.dataverse.model import Table
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Caller


@dataclass(frozen=True, slots=True)
class Event:
    """One message on one row; `given` holds the kept values that the caller sent.

    A Custom API has no row: `inputs` holds its parameters, and `table` the table it is bound to.
    """

    message: str
    table: Table | None
    row_id: str
    caller: Caller
    before: Row | None = None
    after: Row | None = None
    given: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)


class TrialEndedError(Exception):
    """Ends the first run of a request whose webhooks must be asked before anything is kept."""


class Recorder:
    """Collects events, and gives out new row ids that a second run of the same request repeats."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.given_ids: list[str] = []
        self._repeated: list[str] = []
        self.is_trial = False

    def start(self, *, repeat: bool = False, trial: bool = False) -> None:
        """Begin a run; with `repeat` ids come out as in the run before, a `trial` will be rolled back."""
        self.is_trial = trial
        self._repeated = list(reversed(self.given_ids)) if repeat else []
        self.given_ids = []
        self.events = []

    def end_trial(self) -> None:
        """Raise TrialEndedError in a trial; whoever cannot be rolled back calls this before a change."""
        if self.is_trial:
            raise TrialEndedError

    def note(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    def new_id(self) -> str:
        """Return a new row id."""
        row_id = self._repeated.pop() if self._repeated else str(uuid.uuid4())
        self.given_ids.append(row_id)
        return row_id
