#!/usr/bin/env bash
# tests/cluster/kills.sh PROGRAM [SEED [KILLS]]: workers on one batch folder are killed at random moments, put to sleep beyond
# their lease, made to believe in one lease, and shown clocks that are an hour wrong; what they leave in the end is what one
# process leaves that nobody disturbed, byte for byte. Prints the seed; the same seed draws the same kills, but no two runs of
# processes are timed alike.
set -euo pipefail

program=$(realpath "$1")
RANDOM=${2:-$((SRANDOM % 32768))}
seed=$RANDOM kills=${3:-200} workers=8
RANDOM=$seed
echo "seed $seed, $kills kills over $workers workers"

source_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
pids=()

stop_all() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop_all EXIT

fail() {
  echo "FAILED: $* (seed $seed)" >&2
  exit 1
}

cat >"$work/e.yaml" <<YAML
experiment: kills
model: $source_dir/assets/models/opt-nano
data: {text: $source_dir/assets/text/eval-en.txt, context: 64, windows: 8}
trials:
  - {name: noise, repeat: 8, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
  - {name: inputs, sweep: {s: [10, 15, 20, 25, 30, 40]}, perturb: [{sites: {tensor: input}, noise: uniform, strength: {snr_db: "\${s}"}}]}
  - {name: w, sweep: {b: [2, 3, 4, 5, 6, 8]}, quantize: [{sites: {tensor: weight}, grid: uniform, bits: "\${b}", granularity: channel}]}
  - {name: bears, bisect: {range: [0.01, 1], target: {kl: 0.05}, max_steps: 3}, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "\${bisect}"}}]}
YAML

# make_batch DIR: twelve shards, with a lease that a test can wait for.
make_batch() {
  "$program" submit "$work/e.yaml" --shell --dry-run --shards 12 --out "$1" >/dev/null
  sed -i 's/"lease": [0-9.]*/"lease": 1.5/' "$1/plan.json"
}

# start SLOT: a worker on the batch, cut into as small pieces of work as there can be.
start() {
  "$program" run "$work/batch" --worker --wait --threads 1 --quiet --save-every 1ms >/dev/null 2>"$work/err.$1" &
  pids[$1]=$!
}

# finish: workers run the batch to the end, whatever state it is in.
finish() {
  "$program" run "$work/batch" --worker --wait --threads 1 --quiet >/dev/null
}

# check WHAT: the batch has been merged into what the undisturbed run left.
check() {
  local file name
  [[ -f $work/batch/done/merge.json ]] || fail "$1: not merged"
  for file in "$work"/straight/*.csv; do
    name=$(basename "$file")
    cmp -s "$file" "$work/batch/merged/$name" || fail "$1: $name differs from that of one process"
  done
  python3 - "$work/straight" "$work/batch/merged" <<'PY' || fail "$1: records are lost or doubled"
import collections, json, sys
def parts(folder):
    count = collections.Counter()
    for line in open(folder + "/records.jsonl"):
        record = json.loads(line)
        for window in record.get("windows", []):
            count[record["id"], window["window"]] += 1
    return count
straight, merged = map(parts, sys.argv[1:])
assert straight == merged and set(merged.values()) == {1}, (len(straight), len(merged))
PY
}

# end_workers: all of them, at once.
end_workers() {
  local slot
  for ((slot = 0; slot < workers; ++slot)); do kill -KILL "${pids[slot]}" 2>/dev/null || true; done
  wait 2>/dev/null || true
}

"$program" run "$work/e.yaml" --out "$work/straight" --threads 1 --quiet >/dev/null

killed=0 rounds=0
while ((killed < kills)); do
  rm -rf "$work/batch"
  make_batch "$work/batch"
  for ((slot = 0; slot < workers; ++slot)); do start "$slot"; done
  while ((killed < kills)) && ! [[ -f $work/batch/done/merge.json ]]; do
    sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
    slot=$((RANDOM % workers))
    case $((RANDOM % 8)) in
      0) kill -STOP "${pids[slot]}" 2>/dev/null || true # comes back from the dead below
         (sleep 2 && kill -CONT "${pids[slot]}" 2>/dev/null) & ;;
      1) kill -TERM "${pids[slot]}" 2>/dev/null || true ;;
      2) touch -d "$((RANDOM % 2 ? 1 : -1)) hour" "$work"/batch/claims/*.json 2>/dev/null || true ;;
      3) rm -f "$work"/batch/claims/$((1 + RANDOM % 12)).*.json ;; # two will believe in one lease
      *) if kill -KILL "${pids[slot]}" 2>/dev/null; then ((++killed)); fi ;;
    esac
    if ! kill -0 "${pids[slot]}" 2>/dev/null; then start "$slot"; fi
  done
  end_workers
  finish
  check "after $killed kills"
  ((++rounds))
done
echo "$killed kills, $rounds batches: nothing lost, nothing doubled"
