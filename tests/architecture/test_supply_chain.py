"""What others wrote and we install: every licence is one that was agreed to."""

import re
from importlib.metadata import distributions

from tests.architecture.source import ROOT

PERMISSIVE = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "MIT", "MIT-0", "PSF-2.0", "Zlib",
        "Apache Software License", "BSD License", "MIT License", "Python Software Foundation License", "DFSG approved",
    }
)  # fmt: skip
WEAK_COPYLEFT = frozenset({"MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"})
"""Used unchanged, which asks nothing of us."""


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _locked(lock: str) -> set[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {_name(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def licences() -> dict[str, set[str]]:
    """The licences of every installed package by its name, as its own metadata names them."""
    found: dict[str, set[str]] = {}
    for distribution in distributions():
        metadata = distribution.metadata
        expression = metadata.get("License-Expression")
        named = [text for text in metadata.get_all("Classifier", []) if text.startswith("License :: ")]
        texts = re.split(r"[()]| AND | OR ", expression) if expression else [text.split(" :: ")[-1] for text in named]
        found[_name(metadata["Name"])] = {text.strip() for text in texts if text.strip()} or {
            metadata.get("License") or "unknown"
        }
    return found


def test_every_licence_is_one_that_was_agreed_to() -> None:
    locked = _locked("requirements-dev.lock")
    known = {package: named for package, named in licences().items() if package in locked}
    strange = {package: named - PERMISSIVE - WEAK_COPYLEFT for package, named in known.items()}

    assert len(known) > 40
    assert {package: named for package, named in strange.items() if named} == {}


def test_what_ships_is_permissive_but_for_the_list_of_authorities() -> None:
    known, locked = licences(), _locked("requirements.lock")

    assert locked
    assert {package for package in locked & set(known) if known[package] - PERMISSIVE} == {"certifi"}


def test_packages_come_from_the_lock_alone() -> None:
    """Asked for an extra (`coverage[toml]`), pip looks past the lock for the newest release, and then has no hash."""
    script = (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    (command,) = re.findall(r"-m pip install (.*)", script)
    assert {"--require-hashes", "--no-deps"} <= set(command.split())
    assert re.search(r"-m pip .*\bcheck\b", script)
