"""What is in the repository: no addresses of registries, no paths of one machine, exact pins, current locks."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.architecture import rules
from tests.architecture.source import ROOT, SHIPPED, UNSHIPPED, Source, project_files, shipped, sources, sources_in

# written in pieces, so that this file does not hold what it forbids
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("yarnpkg", "com"),
    )
)
MACHINE_PATHS = re.compile(
    "|".join(f"(?<![\\w.])/{folder}/" for folder in ("work", "root", "tmp", "home/[a-z]+(?<!site)"))
)
IMPORT_NAMES = {
    "azure-functions": ("azure.functions",),
    "azure-identity": ("azure.identity", "azure.core"),
    "azure-storage-queue": ("azure.storage.queue",),
    "pyjwt": ("jwt",),
    "requests": ("requests", "urllib3"),
}
"""What a dependency lets us import, where that is not simply its name; its own foundation included."""


def _texts() -> Iterator[tuple[str, str]]:
    for name in project_files():
        raw = (ROOT / name).read_bytes()
        if b"\0" not in raw:
            yield name, raw.decode("utf-8")


def _pins(name: str) -> dict[str, set[str]]:
    """Return package -> versions of a requirements or lock file, names in the normal form."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", line)
        if found:
            pins.setdefault(_normal(found[1]), set()).add(found[2])
    return pins


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def test_no_file_names_a_package_registry() -> None:
    found = [(name, host) for name, text in _texts() for host in REGISTRY_HOSTS if host in text]

    assert found == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in _texts()
        for match in MACHINE_PATHS.finditer(text)
        if not name.endswith(".lock")
    ]

    assert found == []


def test_files_that_are_left_behind_are_never_committed() -> None:
    assert [
        name for name in project_files() if re.search(r"(^|/)(\.local|__pycache__|node_modules|\.env)(/|$)", name)
    ] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_exactly(name: str) -> None:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-r ")]

    assert wanted
    assert [line for line in wanted if not re.match(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==[^\s;*]+(\s*;.*)?$", line)] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_holds_every_requirement_in_its_version(name: str) -> None:
    locked = _pins(f"{name}.lock")

    behind = {
        package: versions for package, versions in _pins(f"{name}.txt").items() if locked.get(package) != versions
    }

    assert behind == {}, "run `make lock`"


def test_both_locks_agree() -> None:
    development = _pins("requirements-dev.lock")

    assert {
        package for package, versions in _pins("requirements.lock").items() if development.get(package) != versions
    } == set()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())

    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def _provided_by(package: str, imported: str) -> bool:
    names = IMPORT_NAMES.get(package, (package.replace("-", "_"),))
    return any(imported == name or imported.startswith(f"{name}.") for name in names)


def _foreign_imports() -> set[str]:
    own = {*sys.stdlib_module_names, *SHIPPED}
    return {name for source in shipped() for _, name in rules.imported_names(source) if name.split(".")[0] not in own}


def test_every_runtime_dependency_is_used() -> None:
    imported = _foreign_imports()
    unused = {
        package for package in _pins("requirements.txt") if not any(_provided_by(package, name) for name in imported)
    }

    assert unused == set()


def test_everything_that_shipped_code_imports_is_a_runtime_dependency() -> None:
    packages = _pins("requirements.txt")

    assert {name for name in _foreign_imports() if not any(_provided_by(one, name) for one in packages)} == set()


def test_everything_that_the_rest_imports_is_a_development_requirement() -> None:
    """Optional imports are no exception: a test that is skipped for want of a package tests nothing."""
    locked = _pins("requirements-dev.lock")
    own = {*sys.stdlib_module_names, *SHIPPED, *UNSHIPPED, "tests", "function_app"}
    distributions = packages_distributions()
    imported = {
        name.split(".")[0]
        for source in sources()
        if not source.within(*SHIPPED)
        for _, name in rules.imported_names(source)
        if name.split(".")[0] not in own and not _is_beside(source, name)
    }
    unlisted = {name for name in imported if not any(_normal(one) in locked for one in distributions.get(name, [name]))}

    assert unlisted == set()


def _is_beside(source: Source, imported: str) -> bool:
    """Whether the module lies next to the file that imports it, as in the small apps of the tests of the host."""
    return (ROOT / source.path).with_name(f"{imported.split('.')[0]}.py").exists()


def test_ci_runs_the_command_that_people_run() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text(encoding="utf-8")


def test_tools_are_not_part_of_what_ships() -> None:
    assert sources_in("tools")
    assert "tools" not in SHIPPED
