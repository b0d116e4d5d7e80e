#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing need, if any is missing.
# scripts/install.sh [PACKAGE...]: the packages named are wanted as well (the checks' tools, for instance).
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config git
  libdnnl-dev libeigen3-dev libboost-program-options-dev libyaml-cpp-dev nlohmann-json3-dev
  libpcre2-dev libutf8proc-dev libsentencepiece-dev libfmt-dev zlib1g-dev libxxhash-dev libsqlite3-dev libgtest-dev libbenchmark-dev "$@")

# oneDNN on Debian 12 is built with OpenCL, and its CMake file asks for it without depending on it.
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
  packages+=(ocl-icd-opencl-dev)
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install: no apt-get here; what these Debian packages hold is needed: ${packages[*]}" >&2
  exit 0
fi

# A package for two architectures gives two lines.
installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

by_hand() {
  echo "install: $1; run this as root and try again:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
}

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || by_hand "${#missing[@]} packages are missing, and installing needs root"
  if [ ! -t 0 ]; then
    sudo -n true 2>/dev/null || by_hand "${#missing[@]} packages are missing, and sudo asks for a password"
  fi
  as_root=(sudo env DEBIAN_FRONTEND=noninteractive)
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
log=$root/build/install.log
mkdir -p "$root/build"
apt() { "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1; }
install() { apt install -y --no-install-recommends "${missing[@]}"; }

echo "install: installing with apt-get: ${missing[*]}" >&2
: >"$log"
# The package lists of a fresh system are empty, those of an old one stale: then once more with new ones.
if ! install && ! { apt update && install; }; then
  tail -n 15 "$log" >&2
  by_hand "apt-get failed (log: $log)"
fi
