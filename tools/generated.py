"""Files that are written by a program: writes them anew, or (`--check`) says which ones are not current."""

import sys
from collections.abc import Callable
from pathlib import Path

from emulators.stack import coverage as emulated_routes

ROOT = Path(__file__).resolve().parents[1]

GENERATED: dict[str, Callable[[], str]] = {
    "emulators/COVERAGE.md": emulated_routes.text,
}
"""Path in the project -> the text that belongs there."""


def outdated() -> list[str]:
    """Return the paths whose text is not what their generator makes."""
    return [path for path, text in GENERATED.items() if _text_of(path) != text()]


def main(arguments: list[str]) -> int:
    """Write what is outdated; with `--check` only name it and return 1."""
    stale = outdated()
    if "--check" not in arguments:
        for path in stale:
            (ROOT / path).write_text(GENERATED[path](), encoding="utf-8")
            print(f"written: {path}")
        return 0
    for path in stale:
        print(f"{path} is not current; run `make format`", file=sys.stderr)
    return 1 if stale else 0


def _text_of(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
