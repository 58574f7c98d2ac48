"""Emulator of the Microsoft Dataverse Web API v9.2; README.md says first what it is not."""

from collections.abc import Mapping
from typing import Any

from emulators.control_plane import Emulated
from emulators.dataverse.emulator import DataverseEmulator


def build(options: Mapping[str, Any]) -> Emulated:
    """Return a new environment.

    Options: data (folder that keeps the rows), seed (parsed JSON), public_url, authority, tenant_id.
    """
    return DataverseEmulator(options)
