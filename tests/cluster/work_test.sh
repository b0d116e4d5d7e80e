#!/usr/bin/env bash
# 2,000 small conditions in 20 shards: the operations that the shards have done are those of one run and what `plan` said
# would be done again, within 1 %. Counted, not timed: blocks and heads, of which each attempt's plan.json says what was done.
source "$(dirname "$0")/cluster.sh"
command -v python3 >/dev/null || skip "there is no python3"

cat >"$work/e.yaml" <<END
experiment: e
model: $source_dir/assets/models/opt-nano
data: {text: $source_dir/assets/text/eval-en.txt, context: 16, windows: 2}
trials:
  - name: noise
    repeat: 2000
    perturb: [{sites: {tensor: weight, layers: last, roles: [q_proj]}, noise: gaussian, strength: {relative_l2: 0.1}}]
END
cd "$work"
echo '{"threads": 1}' >rates.json
"$noisefloor" plan e.yaml --shards 20 --rates rates.json --json >shards.json
"$noisefloor" plan e.yaml --shards 1 --rates rates.json --json >whole.json
run "$noisefloor" submit e.yaml --shell --shards 20 --threads 1 --rates rates.json --out batch
expect_code 0 "submit"
run "$noisefloor" run batch --worker --quiet --threads 1
expect_code 0 "the worker"

python3 - <<'PY' || fail "the shards have done more than was planned"
import glob, json
done = 0
for file in glob.glob("batch/workers/*/plan.json"):
    for call in json.load(open(file)):
        for model in call["models"]:
            done += model["actual"]["flops"]
shards, whole = (json.load(open(name)) for name in ("shards.json", "whole.json"))
assert shards["count"] == 20 and shards["conditions"] == 2000
expected = whole["flops"] + shards["repeated_flops"]
print(f"{done:.6g} operations: {100 * (done / expected - 1):.3f} % more than planned with repetitions, "
      f"which are {100 * shards['repeated_flops'] / whole['flops']:.2f} % of one run")
assert 0.99 * expected <= done <= 1.01 * expected, (done, expected)
PY
