#!/usr/bin/env bash
# Runs every check that needs no test run; all of them, so that one look shows everything there is to mend.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.local/venv/bin:$PATH
failed=()

check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "$name: fine"
  else
    printf '%s\n' "$output"
    echo "$name: NOT fine"
    failed+=("$name")
  fi
}

check "style (ruff check)" ruff check --output-format concise .
check "format (ruff format)" ruff format --check .
check "types (mypy)" mypy
check "layers (import-linter)" lint-imports
check "secrets (detect-secrets)" python -m tools.secret_scan
check "generated files" python -m tools.generated --check

[ ${#failed[@]} -eq 0 ] || { echo "To mend: ${failed[*]}" >&2; exit 1; }
