# Sourced by the tests of this folder: expect.sh, an experiment, its results from one process, and comparisons.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/../tree/expect.sh"

source_dir=$1
noisefloor=$2
export XDG_CACHE_HOME=$work/cache

skip() {
  echo "skipped: $1"
  exit 77
}

# experiment NAME WINDOWS SEEDS: a file of the work folder, two sweep points and as many seeds of a noise.
experiment() {
  cat >"$work/$1.yaml" <<END
experiment: $1
model: $source_dir/assets/models/opt-nano
data: {text: $source_dir/assets/text/eval-en.txt, context: 256, windows: $2}
trials:
  - name: noise
    repeat: $3
    sweep: {r: [0.05, 0.1]}
    perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "\${r}"}}]
  - name: w4
    quantize: W4 g64
END
}

# same_results FOLDER RUN: the tables of a batch folder are those of a run, byte for byte.
same_results() {
  local table
  for table in results.csv statistics.csv sites.csv documents.csv; do
    cmp "$1/merged/$table" "$2/$table" || fail "$table of $1 is not that of one process"
  done
}

# until_true SECONDS COMMAND...: waits for the command to succeed.
until_true() {
  local tries=$(($1 * 5)) try
  shift
  for ((try = 0; try < tries; ++try)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  fail "waited in vain for: $*"
}

# shards FOLDER STATE: how many are in that state.
shards() {
  "$noisefloor" status "$1" --json >"$work/status.json" || true
  sed -n "s/.*\"$2\": \([0-9]*\),\{0,1\}$/\1/p" "$work/status.json" | head -n 1
}
