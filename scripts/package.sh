#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/package.sh

Installs the Debian packages that are missing, builds the program and packs it: build/packages/ holds a .deb and a
.tar.gz, both for the release of Debian that it was built on, and a -portable-ARCHITECTURE.tar.gz that brings its own
loader and libraries and runs on other distributions, older ones too, from any folder.
END
}

case ${1:-} in
  "") ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
"$root/scripts/install.sh" dpkg-dev file
"$root/scripts/build.sh" release noisefloor
rm -rf "$root/build/packages"
cpack --config "$root/build/release/CPackConfig.cmake" -B "$root/build/packages" >"$root/build/package.log" 2>&1 || {
  tail -n 20 "$root/build/package.log" >&2
  echo "package: cpack failed; the whole log is $root/build/package.log" >&2
  exit 1
}
rm -rf "$root/build/packages/_CPack_Packages"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
packed=$(ls "$root"/build/packages/*-linux-*.tar.gz)
tar -xzf "$packed" -C "$tree" --strip-components=1
name=$(basename "${packed/-linux-/-portable-}" .tar.gz)
"$root/scripts/portable.sh" "$tree" "$root/build/packages/$name"
ls -1 "$root/build/packages"/*
