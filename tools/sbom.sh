#!/usr/bin/env bash
# Writes what the app ships with, as a CycloneDX list of components with versions and hashes, into .local/sbom.json.
set -euo pipefail
cd "$(dirname "$0")/.."
CYCLONEDX=cyclonedx-bom==7.5.0
tool=.local/sbom-tool
[ -x "$tool/bin/cyclonedx-py" ] || { .local/venv/bin/python -m venv "$tool"; "$tool/bin/pip" install -qq --disable-pip-version-check "$CYCLONEDX"; }
"$tool/bin/cyclonedx-py" requirements --pyproject pyproject.toml --mc-type application --sv 1.6 --output-reproducible \
  -o .local/sbom.json requirements.lock
echo .local/sbom.json
