"""Switches of the emulator that a test may turn, with the vendor's behaviour that each stands for."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class SwitchBoard:
    """All switches; the defaults are the strictest documented behaviour without a rate limit."""

    requests_per_minute: int | None = None
    """Rate limit per key; about 1,000 at the vendor (connectwise.md 6); null: none."""
    wrong_key_html_404: bool = False
    """Wrong keys are answered with the HTML 404 that cloud tenants may show (connectwise.md 5)."""
    extra_members: bool = False
    """Answers hold members that no model knows; a tolerant reader survives (connectwise.md 1)."""
    search_unknown_names: bool = False
    """Members whose searchability is an open question can be searched (connectwise.md 14.2)."""
    refuse_negative_additions: bool = False
    """Negative quantities and prices of additions are refused (connectwise.md 14.3)."""
    custom_fields_in_every_patch: bool = False
    """A PATCH without an operation on customFields is refused on objects that have them (connectwise.md 4.2)."""
    callback_repeats: bool = False
    """Every callback is delivered twice (connectwise.md 8.2)."""
    callback_reordering: bool = False
    """Callbacks that wait together are delivered last first (connectwise.md 8.2)."""


class Switches:
    """The switch board in force."""

    def __init__(self) -> None:
        self.board = SwitchBoard()

    def turn(self, changes: Mapping[str, Any]) -> None:
        """Change switches by name; raises ValueError that names the member."""
        types = {field.name: field.type for field in fields(SwitchBoard)}
        for name, value in changes.items():
            if name not in types:
                raise ValueError(f"{name}: unknown switch")
            if name == "requests_per_minute":
                if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                    raise ValueError(f"{name}: a whole number above 0 or null is expected")
            elif not isinstance(value, bool):
                raise ValueError(f"{name}: true or false is expected")
        self.board = replace(self.board, **changes)

    def document(self) -> dict[str, Any]:
        """Return all switches by name."""
        return asdict(self.board)
