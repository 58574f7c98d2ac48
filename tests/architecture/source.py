"""The project's own files, as the architecture tests read them."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("triggers", "sync_core", "dataverse", "connectwise", "transport")
UNSHIPPED = ("emulators", "tools", "benchmarks")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its place in the project, text, syntax tree and dotted name."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return _parsed(self.text)

    @property
    def module(self) -> str:
        """The dotted name by which it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def within(self, *packages: str) -> bool:
        """Whether it is one of these modules or lies in one of these packages."""
        return any(self.module == package or self.module.startswith(f"{package}.") for package in packages)


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def project_files() -> tuple[str, ...]:
    """Every file that is, or would be, committed; without git: every file outside ignored folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        ignored = {".git", ".local", "__pycache__", "node_modules"}
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        names = [str(path) for path in found if not ignored & set(path.parts)]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the project."""
    return tuple(
        Source(name, (ROOT / name).read_text(encoding="utf-8")) for name in project_files() if name.endswith(".py")
    )


def sources_in(*packages: str) -> list[Source]:
    """The Python files of these packages; never empty, so that a rule cannot pass for want of files."""
    found = [source for source in sources() if source.within(*packages)]
    assert found, f"no Python file in {', '.join(packages)}"
    return found


def shipped() -> list[Source]:
    """Everything that goes into the function package."""
    return sources_in(*SHIPPED, "function_app")
