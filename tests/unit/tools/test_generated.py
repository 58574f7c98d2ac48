"""Generated files are written anew, or named when they are not current."""

from pathlib import Path

import pytest

from tools import generated


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    monkeypatch.setattr(generated, "GENERATED", {"a.md": lambda: "as it should be\n", "b.md": lambda: "new\n"})
    (tmp_path / "a.md").write_text("as it should be\n")
    return tmp_path


def test_the_check_names_what_is_not_current_and_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.main(["--check"]) == 1
    assert capsys.readouterr().err == "b.md is not current; run `make format`\n"
    assert not (project / "b.md").exists()


def test_writing_leaves_nothing_to_check(project: Path) -> None:
    assert generated.main([]) == 0
    assert (project / "b.md").read_text() == "new\n"
    assert generated.main(["--check"]) == 0
