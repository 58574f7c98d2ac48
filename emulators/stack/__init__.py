"""The launcher: starts every part as a process of its own and leaves nothing behind."""

from emulators.stack.part import Part, PartFailed
from emulators.stack.stack import Stack

__all__ = ["Part", "PartFailed", "Stack"]
