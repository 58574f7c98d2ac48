"""The secret scanner finds what is planted; a scanner that finds nothing is no scanner."""

from pathlib import Path

import pytest

from tools import secret_scan

pytestmark = pytest.mark.unit

# written in pieces, so that this file does not hold what it looks for
PLANTED = {
    "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "Azure Storage Account access key": "AccountKey=" + "lJzRc1YdHaAA2KCNJJ1t" * 4 + "lJzRc1==",
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP",
    "AWS Access Key": "key = 'AKIA" + "IOSFODNN7EXAMPL1'",
    "GitHub Token": "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx",
    "Secret Keyword": "private_key = '" + "q7Zr2vLk9wXb'",
    "Base64 High Entropy String": "value = '" + "c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxkIGNhdXNlIGVub3VnaCBlbnRyb3B5'",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_by_line_and_not_repeated(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f"harmless = 1\n{PLANTED[kind]}\n")
    assert secret_scan.main([str(planted)]) == 1
    said = capsys.readouterr().out
    assert f"{planted}:2: {kind}" in said
    assert PLANTED[kind].strip() not in said


@pytest.mark.parametrize("folder", ["tests", "emulators"])
def test_a_key_of_a_known_form_is_found_among_samples_too_and_made_up_passwords_are_not(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_scan, "ROOT", tmp_path)
    (tmp_path / folder).mkdir()
    sample = tmp_path / folder / "sample.py"
    sample.write_text(f"{PLANTED['Secret Keyword']}\n{PLANTED['Azure Storage Account access key']}\n")
    assert [(found.line, found.kind) for found in secret_scan.scan([sample])] == [
        (2, "Azure Storage Account access key")
    ]


def test_a_false_alarm_can_be_marked(tmp_path: Path) -> None:
    marked = tmp_path / "settings.py"
    marked.write_text(f"{PLANTED['Secret Keyword']}  # pragma: allowlist secret\n")
    assert secret_scan.scan([marked]) == []
