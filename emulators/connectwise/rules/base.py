"""What the engine asks the rules of an object; this class is also the rules of objects without any."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from emulators.connectwise.desk import Desk
from emulators.connectwise.draft import Draft
from emulators.connectwise.errors import bad_field
from emulators.connectwise.rows import Row
from emulators.connectwise.rules.deletion import refuse_when_referred


class Rules:
    """Hooks around the writes of one collection; none of them may write before `stored`."""

    create_only: ClassVar[tuple[str, ...]] = ()
    """Members that a PATCH refuses (connectwise.md 4.2)."""
    hidden: ClassVar[tuple[str, ...]] = ()
    """Members that no answer shows."""
    required_on_put: ClassVar[tuple[str, ...]] = ()
    """Members that an update must hold although a create has defaults for them."""
    left_out_on_create: ClassVar[tuple[str, ...]] = ()
    """Members that the answer to a create lacks, although they are stored."""

    owned: ClassVar[tuple[str, ...]] = ()
    """Collections under a row that are deleted with it."""

    def __init__(self, desk: Desk, path: str) -> None:
        self.desk = desk
        self.path = path
        self.store = desk.store

    def prepare(self, draft: Draft) -> None:
        """Take members out of the body that are not stored as they come."""

    def check(self, draft: Draft) -> None:
        """Complete the columns and add a fault for each rule that they break."""

    def stored(self, draft: Draft, row: Row) -> Row:
        """Write what else belongs to the row; returns the row as it is then."""
        del draft
        return row

    def hand_over(self, row_id: int, query: Mapping[str, str]) -> None:
        """Move references to another record before a deletion, when the request names one."""

    def remove(self, row_id: int) -> None:
        """Delete what the row owns; raises ApiError 409 when other rows refer to it."""
        refuse_when_referred(self.desk, self.path, row_id, self.owned)
        for path in self.owned:
            for child_id in tuple(self.store[path].children(row_id)):
                self.desk.remove(path, child_id)

    def computed(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return members that are worked out of the row when it is read."""
        return {}

    def links(self, row_id: int) -> Mapping[str, str]:
        """Return the `_href`s of `_info`."""
        del row_id
        return {}


def refuse_create_only(rules: Rules, draft: Draft) -> None:
    """Drop members that only a create may hold; a PATCH that names one is at fault."""
    if draft.verb == "POST":
        return
    for name in rules.create_only:
        if draft.given.pop(name, None) is not None and draft.verb == "PATCH":
            draft.faults.append(bad_field(name, f"{name} can only be set when the record is created."))


def check_belongs(draft: Draft, name: str, owner_id: int | None, expected_id: int | None, message: str) -> None:
    """Add a fault when a referenced record belongs to another owner."""
    if owner_id != expected_id:
        draft.faults.append(bad_field(name, message))
