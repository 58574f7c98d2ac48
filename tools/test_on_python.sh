#!/usr/bin/env bash
# Runs the unit tests on another Python version, if this machine has it: tools/test_on_python.sh 3.12
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
folder=.local/venv-$version
stamp=.local/stamps/python-$version

if [ -z "$(bash tools/setup.sh find "$version")" ]; then
  echo "Python $version: not on this machine, its unit tests are left out"
  exit 0
fi
if [ "$(readlink -f .local/venv/bin/python)" = "$(readlink -f "$(bash tools/setup.sh find "$version")")" ]; then
  echo "Python $version: is the Python of the main run"
  exit 0
fi
if [ ! "$stamp" -nt requirements-dev.lock ]; then
  bash tools/setup.sh python "$folder" "$version"
  touch "$stamp"
fi
echo "Python $version: unit tests"
"$folder/bin/python" -m pytest tests/unit -q -o cache_dir=".local/cache/pytest-$version"
