#!/usr/bin/env bash
# scripts/check_simd_symbols.sh BUILD_FOLDER: every object of a *.simd.cc file exports its kernel tables
# and nothing else. It is compiled for several CPUs, so of any other exported function the linker could
# keep the body for a newer CPU and run it on an older one.
set -euo pipefail

build=$1
objects=0
failures=0
while IFS= read -r -d '' object; do
  objects=$((objects + 1))
  # The folder is named after the object library, which ends in the name of the form.
  form=$(grep -oE '_simd_[a-z0-9]+\.dir/' <<<"$object" | head -n 1)
  form=${form#_simd_}
  form=${form%.dir/}
  exported=$(nm --demangle --extern-only --defined-only "$object")
  # B, D and R are data; a function would be T, anything the linker may merge W, V or u.
  tables=$(grep -cE "^[0-9a-f]+ [BDR] nf::$form::[A-Za-z0-9_]+$" <<<"$exported" || true)
  others=$(grep -vE "^[0-9a-f]+ [BDR] nf::$form::[A-Za-z0-9_]+$" <<<"$exported" || true)
  if [ "$tables" = 0 ]; then
    echo "$object: exports no kernel table of nf::$form" >&2
    failures=1
  fi
  if [ -n "$others" ]; then
    echo "$object: exports more than kernel tables:" >&2
    echo "$others" >&2
    failures=1
  fi
done < <(find "$build" -name '*.simd.cc.o' -print0)

if [ "$objects" = 0 ]; then
  echo "$build: no object of a *.simd.cc file; is it built?" >&2
  failures=1
fi
exit "$failures"
