"""Emulator of the Microsoft Dataverse Web API v9.2; README.md says first what it is not."""

from collections.abc import Mapping
from typing import Any

from emulators.control_plane import Emulated
from emulators.dataverse.emulator import DataverseEmulator
from emulators.dataverse.route_coverage import coverage

__all__ = ["build", "coverage"]


def build(options: Mapping[str, Any]) -> Emulated:
    """Return a new environment.

    Options, all of them optional: data (folder that keeps the rows), seed (parsed JSON), public_url, authority and
    tenant_id (issuer of tokens), connectwise_url (for the default connector).
    """
    return DataverseEmulator(options)
