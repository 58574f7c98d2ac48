#!/usr/bin/env bash
# Installs what the project runs on, inside .local.
#   tools/setup.sh python FOLDER [VERSION]   a virtual environment with the packages of requirements-dev.lock
#   tools/setup.sh azurite                   Azurite (Azure Storage emulator) with the packages of its lock file
#   tools/setup.sh browser                   a headless Chromium, and MSAL.js with the packages of its lock file
#   tools/setup.sh find [VERSION]            prints the path of that Python (of the one to be used), or nothing
# Debian packages are installed only when something is missing and this user may install them.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .local
# one set-up of a folder at a time: two terminals may start together
alone() { exec 9>".local/setup-$(basename "$1").lock"; flock 9; }

VERSIONS=(3.11 3.12 3.13 3)

say() { printf '%s\n' "$*" >&2; }
stop() { say "Cannot go on: $*"; exit 1; }

install_debian() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || stop "this machine lacks $*. As root, run: apt-get install $*"
    as_root=(sudo -n)
  fi
  command -v apt-get >/dev/null || stop "this machine lacks $*, and it has no apt-get to install it with."
  # apt-get refuses to wait for another one
  exec 8>.local/setup-debian.lock
  flock 8
  say "Installing Debian packages: $*"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  flock -u 8
}

# A pyenv shim of a version that is not selected is on the PATH and fails, so each candidate is tried.
candidates() {
  local version name
  for version in "$@"; do
    for name in "python$version" "/usr/bin/python$version" \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/"python$version"; do
      if command -v "$name" >/dev/null 2>&1 && "$name" -c '' 2>/dev/null; then command -v "$name"; fi
    done
  done
}

in_range() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; }
makes_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
  local path
  while read -r path; do
    if in_range "$path" && makes_environments "$path"; then echo "$path"; return; fi
  done < <(candidates "$@")
}

setup_python() {
  local folder=$1 versions=("${VERSIONS[@]}") python started=$SECONDS
  if [ $# -gt 1 ]; then versions=("$2"); fi
  if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    python=${PYTHON:-$(find_python "${versions[@]}")}
    if [ -z "$python" ]; then
      install_debian python3 python3-venv
      python=$(find_python "${versions[@]}")
    fi
    [ -n "$python" ] || stop "Python 3.11, 3.12 or 3.13 is needed, and this machine offers none of them."
    rm -rf "$folder"
    "$python" -m venv "$folder"
  fi
  say "Installing Python packages into $folder ($("$folder/bin/python" -V))"
  # -qq: pip warns about every source of the machine's own configuration that lacks a package.
  # --no-deps: the lock names all there is to install. Asked for `coverage[toml]`, pip looks past the lock for the newest
  # one, so that a release of somebody else's package would break every new set-up. The check proves the lock complete.
  "$folder/bin/python" -m pip install -qq --no-input --disable-pip-version-check --require-hashes --no-deps \
    -r requirements-dev.lock
  "$folder/bin/python" -m pip --disable-pip-version-check check >/dev/null || stop "requirements-dev.lock lacks a package."
  say "Python packages are there ($((SECONDS - started)) s)"
}

# what package.json and package-lock.json of one folder pin, into another folder
install_node_packages() {
  local pinned=$1 folder=$2 major
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then install_debian nodejs npm; fi
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || stop "Node.js 20 or newer is needed; this machine has $(node -v)."
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$pinned/package.json" "$pinned/package-lock.json" "$folder/"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error --update-notifier=false >/dev/null)
}

setup_azurite() {
  local folder=.local/azurite started=$SECONDS
  say "Installing Azurite into $folder"
  install_node_packages emulators/azurite "$folder"
  say "Azurite is there ($((SECONDS - started)) s)"
}

# The headless shell is Debian's smallest Chromium; any other one serves as well. CHROMIUM names one elsewhere.
setup_browser() {
  local folder=.local/browser started=$SECONDS
  if ! command -v "${CHROMIUM:-chromium-headless-shell}" >/dev/null && ! command -v chromium >/dev/null; then
    install_debian chromium-headless-shell
  fi
  say "Installing MSAL.js into $folder"
  install_node_packages tests/browser/msal "$folder"
  say "Browser and MSAL.js are there ($((SECONDS - started)) s)"
}

case ${1:-} in
  python) alone "$2"; setup_python "${@:2}" ;;
  azurite) alone azurite; setup_azurite ;;
  browser) alone browser; setup_browser ;;
  find) if [ $# -gt 1 ]; then find_python "$2"; else echo "${PYTHON:-$(find_python "${VERSIONS[@]}")}"; fi ;;
  *) sed -n '2,7p' "$0" >&2; exit 2 ;;
esac
