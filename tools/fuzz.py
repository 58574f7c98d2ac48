"""`make fuzz`: the security tests that make up their requests and texts, with a multiple of what CI tries.

Prints how many were tried and what came of them, and keeps that in .local/fuzz.json; ends with pytest's own code.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

TESTS = (
    "tests/emulator/security/test_schemathesis.py",
    "tests/emulator/security/test_searches.py",
    "tests/emulator/connectwise/test_injection.py",
    "tests/emulator/connectwise/test_injection_searches.py",
    "tests/contract/dataverse/test_injection.py",
)
TALLIES = Path(".local/fuzz")
REPORT = Path(".local/fuzz.json")
_NICENESS = 10
_LONGEST_TEST = 7_200


def main() -> int:
    """Run the tests and add up their tallies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="made-up requests: this many times as many as in CI")
    parser.add_argument("--texts", type=int, default=10_000, help="hostile texts for each search over HTTP")
    parser.add_argument("--seed", type=int, help="seed of all that is made up; another one each time by default")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    for old in TALLIES.glob("*.json"):
        old.unlink()
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "--timeout", str(_LONGEST_TEST)]
    command += ["-p", "tests.emulator.security.fuzz", "--fuzz", str(options.times)]
    command += ["--fuzz-texts", str(options.texts), "--fuzz-seed", str(seed), *TESTS]
    again = f"--times {options.times} --texts {options.texts} --seed {seed}"
    print(f"seed {seed}; the same run again: make fuzz FUZZ_ARGS='{again}'", flush=True)
    code = subprocess.run(command, check=False, preexec_fn=lambda: os.nice(_NICENESS)).returncode
    report = {
        "seed": seed,
        "times": options.times,
        "texts": options.texts,
        "seconds": round(time.monotonic() - started),
        **summed(),
    }
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    for name in ("schemathesis", "searches"):
        found = report.get(name, {})
        print(f"{name}: {found.get('total', 0)} requests, {found.get('answers', {})}")
    return code


def summed() -> dict[str, Any]:
    """Return the tallies of all processes, added up by test."""
    sums: dict[str, dict[str, Any]] = {}
    for path in sorted(TALLIES.glob("*.json")):
        tally = json.loads(path.read_text())
        into = sums.setdefault(path.stem.partition("-")[0], {"total": 0, "answers": Counter()})
        into["total"] += tally["total"]
        into["answers"].update(tally["answers"])
    return {name: {**one, "answers": dict(sorted(one["answers"].items()))} for name, one in sums.items()}


if __name__ == "__main__":
    sys.exit(main())
