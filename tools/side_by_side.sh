#!/usr/bin/env bash
# Runs commands at the same time and prints what each said when it has ended, in their order; fails if one of them does.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .local/logs
declare -A running
number=0
for command in "$@"; do
  number=$((number + 1))
  bash -c "$command" >".local/logs/side-by-side-$number.txt" 2>&1 &
  running[$number]=$!
done
failed=0
for ((one = 1; one <= number; one++)); do
  wait "${running[$one]}" || failed=1
  cat ".local/logs/side-by-side-$one.txt"
done
exit "$failed"
