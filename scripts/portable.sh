#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/portable.sh TREE NAME

Makes of an installed tree (TREE/bin/noisefloor, TREE/share) one that runs on other distributions, older ones too:
NAME.tar.gz with a folder of that name, which may be unpacked anywhere and moved. It brings the dynamic loader, the C
library and all other libraries of this machine, and their licence texts.
END
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
[ $# = 2 ] && [ -x "$1/bin/noisefloor" ] || {
  usage >&2
  exit 2
}
fail() {
  echo "portable: $*" >&2
  exit 1
}

tree=$1
name=$(basename "$2")
out=$(cd "$(dirname "$2")" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name
mkdir "$root"
cp -a "$tree/bin" "$tree/share" "$root/"
mkdir -p "$root/lib" "$root/libexec"
mv "$root/bin/noisefloor" "$root/libexec/noisefloor"

# package_of FILE: the Debian package that holds a library; /lib and /usr/lib are one folder, and dpkg knows either.
package_of() {
  local file real
  real=$(realpath "$1")
  for file in "$1" "$real" "/usr$1" "${real#/usr}"; do
    dpkg-query -S "$file" 2>/dev/null | head -n 1 | cut -d : -f 1 | grep . && return
  done
  fail "$1: no package holds it, so its licence is not known"
}

# The loader is lib/ld-linux-x86-64.so.2: the program finds share/ from the folder above that of what is executed.
licences=$root/share/doc/noisefloor/licences
mkdir -p "$licences"
libraries=$(ldd "$root/libexec/noisefloor" | sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\) .*/\1/p')
grep -q ld-linux <<<"$libraries" || fail "$tree/bin/noisefloor: ldd names no loader"
while IFS= read -r library; do
  cp -L "$library" "$root/lib/"
  package=$(package_of "$library")
  cp -L "/usr/share/doc/$package/copyright" "$licences/$package"
done <<<"$libraries"
# The texts that Debian's copyright files only point to.
cat "$licences"/* | grep -o '/usr/share/common-licenses/[A-Za-z0-9.+-]*[A-Za-z0-9]' | sort -u | while IFS= read -r text; do
  [ ! -f "$text" ] || cp -L "$text" "$licences/"
done

cat >"$root/bin/noisefloor" <<'END'
#!/bin/sh
# Starts the program with the loader and the libraries that lie beside it, whatever the system has.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
root=$(cd "$(dirname "$self")/.." && pwd -P) || exit 70
case $root in
  *[:\;]*)
    echo "error: $root: the dynamic loader takes ':' and ';' for the end of a folder's name; unpack it elsewhere" >&2
    exit 2
    ;;
esac
# What batch scripts call: /proc/self/exe is the loader.
NOISEFLOOR_PROGRAM=$root/bin/noisefloor
export NOISEFLOOR_PROGRAM
exec "$root/lib/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$root/lib" --argv0 noisefloor \
  "$root/libexec/noisefloor" "$@"
END
chmod 755 "$root/bin/noisefloor"
"$root/bin/noisefloor" --version >/dev/null || fail "the program does not start with its own libraries"
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -czf "$out/$name.tar.gz" "$name"
