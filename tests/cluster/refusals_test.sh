#!/usr/bin/env bash
# What submit refuses, and what it leaves then: nothing. Slurm's commands are stand-ins here.
source "$(dirname "$0")/cluster.sh"

experiment small 1 1
cd "$work"
mkdir bin
export PATH=$work/bin:$PATH

# stand_in NAME CODE
stand_in() {
  printf '#!/bin/bash\n%s\n' "$2" >"bin/$1"
  chmod +x "bin/$1"
}

# refused CODE TEXT SUBMIT'S OPTIONS...
refused() {
  local code=$1 text=$2
  shift 2
  run "$noisefloor" submit small.yaml --shards 2 --threads 1 --out batch "$@"
  expect_code "$code" "submit $*"
  expect_output "$text"
  [ ! -e batch ] || fail "submit $* has left something"
}

stand_in scontrol 'echo "MaxArraySize = 1001"'
stand_in squeue 'exit 1'
stand_in sbatch 'echo "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified" >&2; exit 1'
refused 3 "-- --account=NAME"
stand_in sbatch 'echo "sbatch: error: Batch job submission failed: Requested node configuration is not available" >&2; exit 1'
refused 3 "--cpus-per-task=N"
stand_in sbatch 'echo "welcome"'
refused 3 "sbatch printed no number"
refused 2 "--array" --slurm -- --array=1-2
refused 2 "would do nothing" --slurm -- --time=2
refused 2 "one of them alone" --slurm --shell
refused 2 "options behind -- are for sbatch" --shell -- -p long
refused 2 "needs a whole number" --requeues -1
stand_in scontrol 'echo "slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)" >&2; exit 1'
refused 3 "Unable to contact slurm controller"

mkdir full
echo mine >full/file
run "$noisefloor" submit small.yaml --shell --out full
expect_code 2 "a folder with something else in it"
[ "$(ls full)" = file ] || fail "a folder with something else in it is left as it is"

# The second of two arrays is refused: what runs is known, and resubmit goes on.
stand_in scontrol 'echo "MaxArraySize = 3"'
stand_in squeue 'for t in 1 2; do echo "7_$t|PENDING|Resources|"; done'
stand_in sbatch '[ ! -e one ] || { echo "sbatch: error: Job violates accounting/QOS policy" >&2; exit 1; }
touch one; echo 7'
run "$noisefloor" submit small.yaml --shards 4 --threads 1 --out some
expect_code 3 "a second array that is refused"
expect_output "2 of 4 shards are submitted"
expect_output "fewer --shards"
run "$noisefloor" status some
expect_code 75 "status where some are queued"
expect_output "2 pending (Resources)"
stand_in sbatch 'echo "$@" >>calls; echo 8'
run "$noisefloor" resubmit some -- --qos=long
expect_code 0 "resubmit of the rest"
expect_output "2 shards (3-4) submitted to Slurm as job 8"
grep -q -- "--qos=long --array=1-2 .*shards.sbatch 2" calls || fail "the array of the rest: $(cat calls)"
grep -q -- "--qos=long --dependency=afterany:8 .*merge.sbatch" calls || fail "the job that merges: $(cat calls)"
run "$noisefloor" resubmit some
expect_code 0 "resubmit where all is queued or submitted"
stand_in squeue 'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1'
run "$noisefloor" status some
expect_output "queue  not known: "
run "$noisefloor" resubmit some
expect_code 3 "resubmit where the queue is not known"

# A dry run writes everything, submits nothing, and needs no Slurm.
rm bin/*
echo '{"rates": {"threads": 1}}' >rates.json
run "$noisefloor" submit small.yaml --shards 2 --rates rates.json --dry-run --out single
expect_code 0 "a dry run by rates of one thread"
expect_output "warning: rates.json: was measured with 1 thread"
run "$noisefloor" submit small.yaml --shards 2 --rates rates.json --threads 1 --dry-run --out asked
[ -z "$(grep warning "$work/output")" ] || fail "a warning where one thread was asked for"
run "$noisefloor" submit small.yaml --shards 3 --threads 2 --dry-run --out dry --at-once 2 -- -p long
expect_code 0 "a dry run"
expect_output "sbatch --parsable -p long --array=1-3%2"
expect_output "nothing is submitted"
grep -q '^#SBATCH --mem=2048M$' dry/merge.sbatch || fail "the least memory of the job that merges"
# Records that are there count, where they are more than was planned; an earlier version had planned nothing.
mkdir dry/workers/1.1
touch dry/workers/1.1/manifest.json
truncate -s 6G dry/workers/1.1/records.jsonl
sed -i '/record_bytes/d' dry/launch.json
run "$noisefloor" resubmit dry --dry-run
expect_code 0 "a dry run of resubmit"
grep -q '^#SBATCH --mem=10368M$' dry/merge.sbatch || fail "memory by the records: $(grep mem= dry/merge.sbatch)"
for script in dry/*.sbatch; do bash -n "$script" || fail "$script is no script"; done
