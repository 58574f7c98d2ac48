"""Looks for secrets in every file of the project, with the detectors of detect-secrets.

    python -m tools.secret_scan [FILE...]

Emulators and tests are full of made-up passwords, so the detectors that go by names and by randomness leave them out; a
key of a known form is found everywhere. A false alarm is marked in its line with `pragma: allowlist secret`.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]

_GUESSING = frozenset(
    {"KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString", "BasicAuthDetector", "IPPublicDetector"}
)
_FULL_OF_SAMPLES = ("emulators", "tests", "tools", "benchmarks")
_FULL_OF_HASHES = (".lock", "package-lock.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that looks like a secret; the secret itself is not kept."""

    path: str
    line: int
    kind: str


def project_files() -> Iterator[Path]:
    """Yield every file that is, or would be, committed."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    return (ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def scan(files: Iterable[Path]) -> list[Finding]:
    """Return what looks like a secret in these files."""
    read = [path for path in files if not path.name.endswith(_FULL_OF_HASHES)]
    with_samples = [path for path in read if _is_full_of_samples(path)]
    without = [path for path in read if not _is_full_of_samples(path)]
    return [*_scan(with_samples, guess=False), *_scan(without, guess=True)]


def _scan(files: Iterable[Path], *, guess: bool) -> Iterator[Finding]:
    detectors: dict[str, type] = get_mapping_from_secret_type_to_class()
    known = {detector.__name__ for detector in detectors.values()}
    wanted = known if guess else known - _GUESSING
    with transient_settings({"plugins_used": [{"name": name} for name in sorted(wanted)]}):
        for path in files:
            for found in scan_file(str(path)):
                yield Finding(str(path), found.line_number, found.type)


def _is_full_of_samples(path: Path) -> bool:
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in _FULL_OF_SAMPLES


def main(names: list[str]) -> int:
    """Print what was found; return the exit code."""
    findings = scan([Path(name).resolve() for name in names] or project_files())
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.kind}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
