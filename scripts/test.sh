#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/test.sh [--slow] [ctest options]

Installs the packages that are missing, builds everything and runs the test suite; with --slow
also the tests labelled slow, which take long. The other options go to ctest, for instance
-R NAME or -L unit.core.
END
}

which=(--label-exclude '^slow')
case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  --slow)
    which=()
    shift
    ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
preset=${NOISEFLOOR_PRESET:-release}  # what continuous integration sets: it builds once, warnings being errors
"$root/scripts/build.sh" "$preset" all
exec ctest --test-dir "$root/build/$preset" --output-on-failure --parallel "$(nproc)" "${which[@]}" "$@"
