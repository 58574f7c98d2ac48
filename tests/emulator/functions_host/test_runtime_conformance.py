"""The app runs under Microsoft's own worker library, and the small host agrees with it (functions.md 6).

Needs Python 3.13; the library is installed into .local/conformance-313 at the first run.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulators.stack.host_environment import host_environment
from emulators.stack.part import ROOT
from tests.emulator.functions_host.conformance.cases import cases

pytestmark = pytest.mark.emulator
HERE = Path(__file__).with_name("conformance")
VENV = ROOT / ".local" / "conformance-313"
REQUIREMENTS = (ROOT / "requirements.txt", HERE / "requirements.txt")
CASES = list(cases())


def python_313() -> str | None:
    """Return a Python 3.13 of the path or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which("python3.13"), *sorted(map(str, pyenv.glob("3.13*/bin/python3.13")), reverse=True)]
    for candidate in candidates:
        # a shim of pyenv is on the path for versions that are not there
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


@pytest.fixture(scope="session")
def worker_python() -> str:
    """A Python 3.13 with Microsoft's worker library and all that the app needs."""
    python = python_313()
    if python is None:
        pytest.skip("there is no Python 3.13: the app is not checked against Microsoft's worker library")
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(VENV)], check=True)
        install = [str(VENV / "bin" / "pip"), "install", "--quiet", "-r", str(REQUIREMENTS[1])]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"Microsoft's worker library cannot be installed: {done.stderr.strip()[-300:]}")
        stamp.write_text(wanted)
    return str(VENV / "bin" / "python")


def run(python: str, script: str, command: str, app: Path) -> Any:
    """Run one side on an app and return what it prints."""
    variables = host_environment(
        storage="UseDevelopmentStorage=true",
        entra="http://127.0.0.1:1",
        dataverse="http://127.0.0.1:1",
        authority=None,
        extra={},
    )
    done = subprocess.run(
        [python, str(HERE / f"{script}.py"), command, str(app)],
        cwd=ROOT,
        env={**os.environ, **variables, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_every_function_of_the_app_indexes_under_the_worker(worker_python: str) -> None:
    indexed = run(worker_python, "under_worker", "index", ROOT)
    assert indexed
    assert indexed == run(sys.executable, "under_small_host", "index", ROOT)


@pytest.fixture(scope="session")
def results(worker_python: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What both sides made of each case."""
    theirs = run(worker_python, "under_worker", "invoke", HERE / "app")
    ours = run(sys.executable, "under_small_host", "invoke", HERE / "app")
    return list(zip(theirs, ours, strict=True))


@pytest.mark.parametrize("index", range(len(CASES)), ids=[f"{case[0]}-{str(case[3])[:40]}" for case in CASES])
def test_both_sides_agree(results: list[tuple[dict[str, Any], dict[str, Any]]], index: int) -> None:
    theirs, ours = results[index]
    if not theirs["ok"]:
        assert not ours["ok"], ours
        kind = theirs["error"].partition("(")[0]
        assert ours["error"].startswith(f"{kind}("), (theirs["error"], ours["error"])
        return
    # an answer in a parameter is an output for the worker and the answer for us
    answers = [theirs["returned"], *(sent for sent in theirs["sent"].values() if sent and "status" in sent)]
    theirs["sent"] = {name: sent for name, sent in theirs["sent"].items() if sent is None or "status" not in sent}
    assert ours["ok"], ours
    assert ours["returned"] in answers
    assert ours["sent"] == theirs["sent"]
