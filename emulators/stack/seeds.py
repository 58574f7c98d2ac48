"""Seeds of the launcher: by name, from a file, or given as rows."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from emulators.control_plane import wire

NAMED = {"contoso": "emulators.seeds.contoso", "contoso-first-day": "emulators.seeds.contoso_first_day"}
"""Seeds by the name that a person gives, and the package that builds each."""

_SYSTEMS = ("dataverse", "connectwise")
_MARKER = "seeded.json"


class SeedUnusable(Exception):
    """The seed cannot be read; the text says why."""


Seed = Mapping[str, Mapping[str, Any]]


def read_seed(source: str | Path | Seed) -> Seed:
    """Return the rows of both systems; raises SeedUnusable."""
    if isinstance(source, Mapping):
        return source
    if source in NAMED:
        built: Seed = import_module(NAMED[source]).build()
        return built
    try:
        document = wire.parse_object(Path(source).read_bytes())
    except OSError as error:
        raise SeedUnusable(f"the seed {source} cannot be read: {error.strerror}") from None
    except wire.BadInput as error:
        raise SeedUnusable(f"the seed {source} cannot be used: {error}") from None
    for name, rows in document.items():
        if name not in _SYSTEMS or not isinstance(rows, dict):
            raise SeedUnusable(f'the seed {source} must be {{"dataverse": {{...}}, "connectwise": {{...}}}}')
    return document


def was_seeded(data: Path | None) -> bool:
    """Tell whether the rows in a data folder come from an earlier run."""
    return data is not None and (data / _MARKER).is_file()


def note_seeded(data: Path | None, source: str) -> None:
    """Remember in a data folder that its rows are there."""
    if data is not None:
        (data / _MARKER).write_text(json.dumps({"seed": source}))
