"""Ports of the parts: BASE and those that follow, or any free ones."""

from dataclasses import dataclass

_PARTS = ("dataverse", "connectwise", "entra", "blob", "queue", "table", "page")
_FIRST_HOST = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """`base` 0 gives every part any free port."""

    base: int = 0

    def of(self, part: str) -> int:
        """Return the port of a part other than a host."""
        return self.base + _PARTS.index(part) if self.base else 0

    def of_host(self, index: int) -> int:
        """Return the port of the host with this index, from 0."""
        return self.base + _FIRST_HOST + index if self.base else 0
