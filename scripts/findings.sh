#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/findings.sh [--program FILE] [--out DIR] [--set KEY=VALUE]... [EXPERIMENT]...

Makes the numbers of docs/findings.md for the models of the repository: runs the experiments (configs/; default: all that the page names), each
into DIR/NAME, and leaves what the page tells of in DIR/NAME.txt: the tables that the page's commands print.
DIR is runs/findings by default. A run that is there goes on where it stopped. --set is given to every run:
--set model=DIR for another model, --set data.windows=8 for less text.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=$root/build/release/bin/noisefloor
out=runs/findings
sets=()
experiments=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --program) program=${2:?FILE is missing} && shift 2 ;;
    --out) out=${2:?DIR is missing} && shift 2 ;;
    --set) sets+=(--set "${2:?KEY=VALUE is missing}") && shift 2 ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) experiments+=("$1") && shift ;;
  esac
done
if [ ${#experiments[@]} = 0 ]; then
  experiments=(lens/distribution lens/relation lens/clipping lens/grids lens/predictors lens/inputs lens/sites lens/size
    w4a16-w8a8
    calibration/gptq-w4a16 calibration/awq-w4a16 calibration/smoothquant-w8a8 calibration/naive-w8a8
    adadim/rtn adadim/gptq)
fi
[ -x "$program" ] || { echo "findings: $program is missing: run scripts/build.sh release, or give --program" >&2; exit 1; }

# told COMMAND...: the command as a reader would give it, then what it prints.
told() {
  echo "\$ noisefloor $*"
  "$program" "$@"
  echo
}

# findings EXPERIMENT DIR: the tables of one experiment.
findings() {
  local dir=$2 trial size
  case $1 in
    lens/distribution)
      for tensor in weights inputs; do
        told compare "$dir" "$tensor:dist=gaussian" "$tensor" --ratio --equivalent 10%
      done
      ;;
    lens/relation)
      for tensor in weights inputs; do told compare "$dir" "$tensor:relation=independent" "$tensor" --ratio; done
      told show "$dir" --columns kl,kl_per_r2
      ;;
    lens/clipping)
      for tensor in weights inputs; do
        told compare "$dir" "like-clip-$tensor" "clip-$tensor:twin=" --ratio
      done
      ;;
    lens/grids)
      for width in w4 w8a8; do told compare "$dir" "$width:grid=uniform,twin=" "$width:grid=power,twin=" --ratio; done
      ;;
    lens/predictors)
      told compare "$dir" noise:relation=independent noise --ratio
      told compare "$dir" shapes:dist=uniform shapes --ratio --equivalent 10%
      for trial in rtn-tensor rtn-channel rtn-group; do
        told compare "$dir" "$trial:grid=uniform" "$trial:grid=power" --ratio
      done
      told league "$dir"
      for size in l2 output_error both; do told law "$dir" --size "$size"; done
      ;;
    lens/inputs)
      told compare "$dir" noise:relation=independent noise --ratio
      told league "$dir"
      ;;
    lens/sites)
      told league "$dir" --trials '*-alone'
      for size in l2 output_error; do told law "$dir" --size "$size"; done
      ;;
    lens/size) told show "$dir" --columns kl,delta_nll ;;
    w4a16-w8a8)
      for width in w4a16 w8a8; do told compare "$dir" "$width:grid=uniform" "$width:grid=power" --ratio; done
      ;;
    calibration/naive-w8a8) told compare "$dir" static:set=reference static dynamic:set=reference --ratio ;;
    calibration/smoothquant-w8a8)
      told compare "$dir" smoothquant:set=reference smoothquant naive:set=reference --ratio
      ;;
    calibration/*)
      trial=${1#calibration/}
      told compare "$dir" "${trial%%-*}:set=reference" "${trial%%-*}" rtn:set=reference --ratio
      ;;
    adadim/*)
      trial=${1#adadim/}
      told compare "$dir" "$trial" "$trial-ada" --ratio
      ;;
    *) told show "$dir" ;;
  esac
}

mkdir -p "$out"
for experiment in "${experiments[@]}"; do
  dir=$out/${experiment//\//-}
  echo "findings: $experiment" >&2
  "$program" run "$root/configs/$experiment.yaml" --out "$dir" "${sets[@]}" >"$dir.log"
  # What the run says below its table: twins and designs, in sentences.
  { findings "$experiment" "$dir"; sed -n '/ what twins found/,/^$/p' "$dir.log"; } >"$dir.txt"
done
