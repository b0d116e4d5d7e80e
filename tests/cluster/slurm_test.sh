#!/usr/bin/env bash
# A real Slurm of two nodes on this machine: arrays beyond MaxArraySize, a refusal, a killed task, a node that dies, the time
# limit and its requeue, a STOP, resubmit, and at the end what one process leaves, byte for byte.
source "$(dirname "$0")/cluster.sh"

for program in slurmctld slurmd munged sbatch; do
  command -v $program >/dev/null || skip "there is no $program (slurm-wlm, munge)"
done
[ "$(id -u)" = 0 ] || skip "starting Slurm's daemons needs root"

here=$(cd "$(dirname "$0")" && pwd -P)
state=$(mktemp -d /tmp/noisefloor-slurm-XXXXXX)
chmod 0755 "$state"
trap '"$here/slurm_down.sh" "$state"; rm -rf "$state" "$work"' EXIT
port=$((20000 + RANDOM % 20000))
PORT=$port MAX_ARRAY_SIZE=4 "$here/slurm_up.sh" "$state"
export SLURM_CONF=$state/slurm.conf
cd "$work"

experiment small 2 2
experiment long 28 28
for name in small long; do "$noisefloor" run $name.yaml --out one-$name --quiet >/dev/null; done

# Refusals leave no folder.
run "$noisefloor" submit small.yaml --shards 2 --out refused -- --partition=nowhere
expect_code 3 "a partition that is not there"
expect_output "sinfo"
run "$noisefloor" submit small.yaml --shards 2 --out refused -- --mem=900T
expect_code 3 "memory that no node has"
[ ! -e refused ] || fail "a refused submission has left a folder"

# Five shards, arrays of three tasks at most; a name that Slurm and shells would take apart.
odd="$work/a 100% %A_%a \"odd\" name's \\ folder"
run "$noisefloor" submit small.yaml --slurm --shards 5 --out "$odd"
expect_code 0 "submit"
expect_output "5 shards submitted to Slurm as jobs"
run "$noisefloor" status "$odd"
[ "$code" != 4 ] || fail "something failed"
run "$noisefloor" resubmit "$odd"
expect_output "nothing to submit"
# The node's CPU is what a task has.
grep -q '^#SBATCH --cpus-per-task=1$' "$odd/shards.sbatch" || fail "threads of a task"

# In the meantime a batch with room for little: TERM comes 50 s before the limit of a minute.
limits=(--time=1 --signal=B:TERM@50)
run "$noisefloor" submit long.yaml --slurm --shards 4 --hours 1 --out long
expect_code 2 "shards and hours"
run "$noisefloor" submit long.yaml --slurm --shards 3 --out long --requeues 9 -- "${limits[@]}"
expect_code 0 "submit with limits"

until_true 120 test -e "$odd/merged/results.csv"
same_results "$odd" one-small
run "$noisefloor" status "$odd" --watch
expect_code 0 "status of what is done"
expect_output "5 done, 0 running, 0 waiting, 0 failed, 0 never started"
ls "$odd"/logs/*_3.log >/dev/null || fail "a log of each task"

running() { [ "$(shards long running)" -gt 0 ]; }
until_true 120 running
expect_running_is_told() {
  run "$noisefloor" status long
  expect_code 75 "status while it runs"
}
expect_running_is_told

# worker_on NODE: the process of a worker of long that runs there, no other's: its words have this test's folder in them.
worker_on() {
  local pid
  for pid in $(pgrep -f -- "run $work/long --worker"); do
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SLURMD_NODENAME=//p')" = "$1" ] || continue
    [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$noisefloor")" ] || continue
    echo "$pid"
    return
  done
  return 1
}
parent_of() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status"; }

# A task is killed: not queued again, told, and submitted anew.
until_true 60 worker_on n1
kill -9 "$(worker_on n1)"

# The time limit: TERM, what is recorded is kept, the task queues itself again.
until_true 120 grep -q "work is left: queued again" long/logs/*.log

# A node dies: its daemon, the one of the job, the script and the worker.
until_true 120 worker_on n2
worker=$(worker_on n2)
script=$(parent_of "$worker")
step=$(parent_of "$script")
grep -q slurmstepd "/proc/$step/comm" || fail "process $step is not Slurm's"
kill -9 "$(cat "$state/run/slurmd.n2.pid")" "$step" "$script" "$worker"
is_down() { sinfo --noheader --nodes n2 --format %T | grep -q down; }
until_true 120 is_down
rm -f "$state/run/slurmd.n2.pid"
PORT=$port MAX_ARRAY_SIZE=4 "$here/slurm_up.sh" "$state"

# A task that is cancelled while it runs stays cancelled: its script does not queue it again.
until_true 120 running
victim=$(squeue --noheader --array --states=RUNNING --format %i | head -n 1)
scancel "$victim"
gone() { [ -z "$(squeue --noheader --array --format %i | grep -Fx "$victim")" ]; }
until_true 60 gone
sleep 3
gone || fail "the cancelled task $victim is back"

# A STOP ends all; nothing is queued again.
until_true 120 running
touch long/STOP
nobody() { [ "$(squeue --noheader --states=RUNNING --format %A | wc -l)" = 0 ]; }
until_true 120 nobody
grep -q "a file STOP is there" long/logs/*.log || fail "the script says why it does not queue again"
scancel --state=PENDING --user root
rm long/STOP
run "$noisefloor" status long
[ "$code" = 75 ] || fail "work is left after a STOP, exit code $code"
expect_output "resubmit"

# What is missing is submitted anew, with more time, until all is done.
is_over() {
  "$noisefloor" status long >"$work/output" || [ $? = 4 ]
}
run "$noisefloor" resubmit long -- --time=10 --signal=B:TERM@180
expect_code 0 "resubmit"
until_true 240 is_over
until_true 60 test -e long/merged/results.csv
same_results long one-long
run "$noisefloor" status long
expect_code 0 "status of what is done at last"
