#!/usr/bin/env bash
# Resolves requirements*.txt for Python 3.11 to 3.13 into lock files with exact versions and hashes.
# One lock serves all versions: markers choose. No registry address is written into it.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=uv==0.13.9
tool=.local/lock-tool
[ -x "$tool/bin/uv" ] || { .local/venv/bin/python -m venv "$tool"; "$tool/bin/pip" install -qq --disable-pip-version-check "$UV"; }

resolve() {
  "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}
resolve requirements.txt -o requirements.lock
resolve requirements-dev.txt -c requirements.lock -o requirements-dev.lock
