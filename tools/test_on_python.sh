#!/usr/bin/env bash
# Runs the unit tests, but for the deep ones, on other Python versions that this machine has, side by side:
# tools/test_on_python.sh [--install] 3.12 3.13; --install: only what they need.
set -euo pipefail
cd "$(dirname "$0")/.."

install_only=
if [ "$1" = --install ]; then install_only=yes; shift; fi

test_on() {
  local version=$1 python folder=.local/venv-$1 stamp=.local/stamps/python-$1
  python=$(bash tools/setup.sh find "$version")
  if [ -z "$python" ]; then
    echo "Python $version: not on this machine, its unit tests are left out"
    return
  fi
  # the main environment may be in the making at this moment, so that it cannot be asked
  if [ "$(readlink -f "$(bash tools/setup.sh find)")" = "$(readlink -f "$python")" ]; then
    echo "Python $version: is the Python of the main run"
    return
  fi
  if [ ! "$stamp" -nt requirements-dev.lock ]; then
    bash tools/setup.sh python "$folder" "$version"
    mkdir -p .local/stamps
    touch "$stamp"
  fi
  if [ -n "$install_only" ]; then return; fi
  echo "Python $version: unit tests"
  "$folder/bin/python" -m pytest tests/unit -q -m "not deep" -o cache_dir=".local/cache/pytest-$version"
}

mkdir -p .local/logs
declare -A running
for version in "$@"; do
  # in the background, so that `set -e` holds inside: it would not in `test_on || failed=1`
  (test_on "$version") >".local/logs/test-on-$version.txt" 2>&1 &
  running[$version]=$!
done
failed=0
for version in "$@"; do
  wait "${running[$version]}" || failed=1
  cat ".local/logs/test-on-$version.txt"
done
exit "$failed"
