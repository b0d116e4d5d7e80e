#!/usr/bin/env bash
# scripts/portable.sh makes a tree that starts with its own loader and libraries, from a folder with an odd name, through
# a link, and whatever LD_LIBRARY_PATH says. The program is a stand-in: any that is linked with libraries will do.
source "$(dirname "$0")/expect.sh"
source_dir=$1
command -v dpkg-query >/dev/null || {
  echo "SKIPPED: licences are found by dpkg-query"
  exit 0
}

mkdir -p "$work/tree/bin" "$work/tree/share/noisefloor" "$work/tree/share/doc/noisefloor"
cp "$(command -v bash)" "$work/tree/bin/noisefloor"
"$source_dir/scripts/portable.sh" "$work/tree" "$work/noisefloor-1-portable"
mkdir "$work/a folder with \$igns"
tar -xzf "$work/noisefloor-1-portable.tar.gz" -C "$work/a folder with \$igns"
root="$work/a folder with \$igns/noisefloor-1-portable"
ln -s "$root/bin/noisefloor" "$work/linked"

for library in libc.so.6 ld-linux-x86-64.so.2; do
  [ -f "$root/lib/$library" ] || fail "no $library"
done
[ -s "$root/share/doc/noisefloor/licences/libc6" ] || fail "no licence of the C library"
mkdir "$work/empty"
for program in "$root/bin/noisefloor" "$work/linked"; do
  said=$(LD_LIBRARY_PATH="$work/empty" "$program" -c 'echo "$1; $NOISEFLOOR_PROGRAM; $(readlink /proc/$$/exe)"' x "two words")
  [ "$said" = "two words; $root/bin/noisefloor; $root/lib/ld-linux-x86-64.so.2" ] || fail "it said: $said"
done
# The loader could not tell where such a name ends.
mkdir "$work/a:b"
cp -a "$root" "$work/a:b/"
said=$("$work/a:b/noisefloor-1-portable/bin/noisefloor" -c true 2>&1) && fail "a ':' went through"
grep -q "unpack it elsewhere" <<<"$said" || fail "it said: $said"
