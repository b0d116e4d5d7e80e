#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/run.sh [EXPERIMENT.yaml] [options]

Installs the packages that are missing, builds the program and runs the experiment
(default: configs/quickstart.yaml). Paths are relative to the current directory.
The options are those of `noisefloor run`, for instance:

  --out DIR          the folder of results (default: runs/<experiment>)
  --threads N        how many threads to use
  --set key=value    overrides one key of the experiment; may be repeated
  --quiet            no progress

Afterwards the program is build/release/bin/noisefloor; its --help tells the other commands.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
experiment=$root/configs/quickstart.yaml
case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  -* | "") ;;
  *)
    experiment=$1
    shift
    ;;
esac

preset=${NOISEFLOOR_PRESET:-release}  # what continuous integration sets: it builds once, warnings being errors
"$root/scripts/build.sh" "$preset" noisefloor
exec "$root/build/$preset/bin/noisefloor" run "$experiment" "$@"
