"""Emulator of Microsoft Entra ID for one tenant: tokens, keys, sign-in page, managed identity (dataverse.md 15)."""

from emulators.entra.emulator import build
from emulators.entra.routes import coverage

__all__ = ["build", "coverage"]
