"""`python -m emulators coverage`: writes COVERAGE.md from the route tables of the emulators."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "COVERAGE.md"
_TITLES = {"connectwise": "ConnectWise PSA", "dataverse": "Dataverse Web API", "entra": "Entra ID"}
_HEAD = """# What the emulators answer

Written by `python -m emulators coverage` from the route tables; do not edit. A path that is not listed is answered
with 501 "not emulated".
"""


def text() -> str:
    """Return the text of the file as the code stands."""
    return "\n".join([_HEAD, *(_section(name, title) for name, title in _TITLES.items())])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the file is not current")


def run(chosen: argparse.Namespace) -> None:
    """Write the file, or check it."""
    current = text()
    if not chosen.check:
        FILE.write_text(current, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != current:
        sys.exit(f"{FILE.name} is not current; run `python -m emulators coverage`")


def _section(name: str, title: str) -> str:
    operations: list[tuple[str, str, str]] = import_module(f"emulators.{name}").coverage()
    lines = [f"## {title}", "", f"{len(operations)} operations.", "", "| Method | Path | Note |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {note.replace('|', '&#124;')} |" for method, path, note in operations]
    return "\n".join([*lines, ""])
