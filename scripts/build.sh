#!/usr/bin/env bash
# scripts/build.sh PRESET TARGET...: installs what is missing, configures if needed, and builds into build/PRESET.
# Says little on stderr unless something fails; everything is in build/PRESET.log.
set -euo pipefail

preset=$1
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
log=build/$preset.log

scripts/install.sh
mkdir -p build
: >"$log"

failed() {
  tail -n 60 "$log" >&2
  echo "build: $1 failed; the whole log is $root/$log" >&2
  exit 1
}

# Ninja sees a change of any CMakeLists.txt by itself, but neither one of the presets nor that the clone was moved.
configured_in=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "build/$preset/CMakeCache.txt" 2>/dev/null || true)
if [ "$configured_in" != "$root" ] || [ ! -f "build/$preset/build.ninja" ] ||
  [ CMakePresets.json -nt "build/$preset/build.ninja" ]; then
  echo "build: configuring build/$preset" >&2
  cmake --preset "$preset" --fresh >>"$log" 2>&1 || failed configuring
fi

# A line every ten seconds, none for a build that is done in two.
show_progress() {
  local line next=2
  SECONDS=0
  while IFS= read -r line; do
    if ((SECONDS >= next)) && [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then
      echo "build: ${BASH_REMATCH[1]}" >&2
      next=$((SECONDS + 10))
    fi
  done
}
export NINJA_STATUS='[%f/%t] '
cmake --build "build/$preset" --target "$@" 2>&1 | tee -a "$log" | show_progress || failed building
