"""What a person asks for about one row, and how a job item keeps it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataverse.psasync.records import JobItem, MappingKind, SourceId

RowKindName = Literal["product", "account", "billing_contract"]

KINDS: dict[RowKindName, MappingKind] = {
    "product": MappingKind.PRODUCT,
    "account": MappingKind.ACCOUNT,
    "billing_contract": MappingKind.BILLING_CONTRACT,
}

_CREATE = "create"
_MAP = "map"
_ONE_TIME: dict[bool | None, str] = {None: _CREATE, True: "create_one_time", False: "create_recurring"}
_CHOICES = {text: choice for choice, text in _ONE_TIME.items()}
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class RowWish:
    """Create a ConnectWise record for this row, or map the row to the one with `psa_id`.

    `one_time` is a person's choice for a new agreement, None without one. `previewed` is what the preview showed, as
    `fingerprint` writes it.
    """

    source_id: SourceId
    action: Literal["create", "map"]
    psa_id: int | None = None
    one_time: bool | None = None
    previewed: str | None = None

    @property
    def stored_action(self) -> str:
        """The action as a job item keeps it."""
        return _MAP if self.action == _MAP else _ONE_TIME[self.one_time]


def wish_of_item(item: JobItem) -> RowWish:
    """Return the wish that a job item keeps; raises ValueError for an item of another kind of job."""
    if item.source_id is None or (item.action != _MAP and item.action not in _CHOICES):
        raise ValueError(f"item {item.id} is no wish about a row: {item.action!r}")
    if item.action == _MAP:
        return RowWish(item.source_id, "map", item.psa_id, previewed=item.previewed)
    return RowWish(item.source_id, "create", one_time=_CHOICES[item.action], previewed=item.previewed)


def fingerprint(members: Mapping[str, str]) -> str:
    """Return a short text by which a later run can tell which members have another value by then."""
    return " ".join(f"{name}:{_digest(value)}" for name, value in sorted(members.items()))


def changed_members(previewed: str, members: Mapping[str, str]) -> list[str]:
    """Return the names of the members whose value is not the one of the preview, or that came or went."""
    before = dict(part.split(":", 1) for part in previewed.split() if ":" in part)
    now = {name: _digest(value) for name, value in members.items()}
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
