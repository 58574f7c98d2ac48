"""What `make fuzz` adds up."""

import json
from pathlib import Path

import pytest

from tools import fuzz


def test_tallies_of_several_processes_are_added_up_by_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "TALLIES", tmp_path)
    for name, answers in {
        "searches-gw0": {"200": 3, "400": 1},
        "searches-gw1": {"200": 2},
        "schemathesis-gw1": {"401": 1},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"total": sum(answers.values()), "answers": answers}))

    assert fuzz.summed() == {
        "schemathesis": {"total": 1, "answers": {"401": 1}},
        "searches": {"total": 6, "answers": {"200": 5, "400": 1}},
    }


def test_the_tests_that_it_runs_exist() -> None:
    assert all(Path(test).is_file() for test in fuzz.TESTS)
