"""What a connector must name before a record can be created on it."""

from collections.abc import Sequence

from sync_core.mapping.creations import Blocked
from sync_core.prerequisites import Prerequisite


def connector_lacks(labels: Sequence[str], noun: str) -> Blocked:
    """Return the objection that these properties, by their names on screen, are not chosen."""
    what, them = ("property", "it") if len(labels) == 1 else ("properties", "them")
    named = " and ".join(f'"{label}"' for label in labels)
    return Blocked(
        code="connector_incomplete",
        message=f"The connector lacks the {what} {named}, which ConnectWise needs for {noun}; "
        f"choose {them} and save again.",
        prerequisite=Prerequisite("connector", None, None),
    )
