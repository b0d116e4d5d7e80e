#!/usr/bin/env bash
# Workers without a scheduler: a loop, GNU parallel, ranks of mpirun, a STOP and a second submission, all of which
# leave what one process leaves. A part whose program is missing is passed over, and says so.
source "$(dirname "$0")/cluster.sh"

experiment small 4 2
"$noisefloor" run "$work/small.yaml" --out "$work/one" --quiet >/dev/null
cd "$work"

loop="$work/a loop's 100%"
run "$noisefloor" submit small.yaml --shell --shards 3 --threads 1 --out "$loop"
expect_code 0 "submit --shell"
expect_output "3 shards in a loop"
run "$noisefloor" status "$loop"
expect_code 75 "status before anything has begun"
expect_output "0 done, 0 running, 0 waiting, 0 failed, 3 never started"
expect_output "nobody has begun: "
run "$noisefloor" submit small.yaml --shell --out "$loop"
expect_code 2 "a folder that is there"
expect_output "noisefloor resubmit"
run "$noisefloor" merge "$loop"
expect_code 75 "merge where nothing is there"
expect_output "3 never started"

touch "$loop/STOP"
run "$loop/shards.sh" --quiet
expect_code 75 "a file STOP"
run "$noisefloor" resubmit "$loop"
expect_code 2 "resubmit beside a file STOP"
expect_output "STOP"
rm "$loop/STOP"
run "$loop/shards.sh" --quiet
expect_code 0 "the loop"
expect_output "3 done, 0 running"
same_results "$loop" one
run "$noisefloor" status "$loop"
expect_code 0 "status of what is done"
run "$noisefloor" merge "$loop"
expect_code 0 "merge of what is merged"
run "$noisefloor" resubmit "$loop"
expect_code 0 "resubmit of what is done"
expect_output "nothing to submit"
run "$noisefloor" show "$loop"
expect_code 0 "a batch folder is read like a run"
expect_output "w4"

if command -v parallel >/dev/null; then
  run "$noisefloor" submit small.yaml --parallel --shards 4 --threads 1 --by text --out list
  expect_code 0 "submit --parallel"
  [ "$(wc -l <list/shards.txt)" = 4 ] || fail "a line for each shard"
  JOBS=2 run list/parallel.sh
  expect_code 0 "GNU parallel"
  same_results list one
  [ "$(wc -l <list/parallel.log)" = 5 ] || fail "a log of the jobs"
else
  echo "passed over: GNU parallel is not installed"
fi

if command -v mpirun >/dev/null; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  run "$noisefloor" submit small.yaml --shell --shards 5 --threads 1 --out ranks
  run mpirun --oversubscribe -n 3 "$noisefloor" run ranks --worker --wait --threads 1 --quiet
  expect_code 0 "ranks of mpirun"
  same_results ranks one
else
  echo "passed over: mpirun is not installed"
fi
