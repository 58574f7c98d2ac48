"""The gates of coverage, tried on a small project with the real configuration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

CORE = """
def covered(flag: bool) -> int:
    if flag:
        return 2
    return 3
"""

TEST = """
from pathlib import Path

import sync_core


def test_everything():
    for flag in {flags}:
        assert sync_core.covered(flag) == (2 if flag else 3)
    Path(".local/coverage/data.torn.pid1.Xa").write_bytes(b"SQLite format 3")
"""


def _run(project: Path, flags: list[bool]) -> subprocess.CompletedProcess[str]:
    (project / "sync_core").mkdir()
    (project / "sync_core" / "__init__.py").write_text(CORE)
    (project / "test_everything.py").write_text(TEST.format(flags=flags))
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copy(ROOT / "tests" / "coverage_gates.py", project)
    # the outer test run may measure too; this one must not report to it
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = [part for name in ("pytest_cov", "pytest_timeout", "coverage_gates") for part in ("-p", name)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "test_everything.py", *plugins, "--cov", "--cov-report="],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("flags", "holds"), [([True, False], True), ([True], False)])
def test_gates_judge_lines_and_branches_and_survive_torn_data(tmp_path: Path, flags: list[bool], holds: bool) -> None:
    run = _run(tmp_path, flags)
    closing = run.stdout.rstrip().splitlines()[-1]

    assert (run.returncode == 0) is holds, run.stdout + run.stderr
    assert f"sync_core/*: {'100.00' if holds else '66.67'} %, at least 95 %" in run.stdout
    assert ("DOES NOT HOLD" in run.stdout) is not holds
    assert closing.startswith("=")
    assert "1 passed" in closing
