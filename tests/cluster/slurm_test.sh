#!/usr/bin/env bash
# A real Slurm of three nodes on this machine: arrays beyond MaxArraySize, refusals, the time limit and its requeue, a killed
# task, a node that is lost, a cancelled task, a STOP, resubmit, status at each stage, and at the end what one process leaves,
# byte for byte. Each has a batch folder of its own. A worker that shall be in the middle of its shard is held there by
# SIGSTOP, and all waiting is for states, so that neither an idle nor a busy machine changes what happens.
source "$(dirname "$0")/cluster.sh"

for program in slurmctld slurmd munged sbatch; do
  command -v $program >/dev/null || skip "there is no $program (slurmctld, slurmd, slurm-client, munge)"
done
[ "$(id -u)" = 0 ] || skip "starting Slurm's daemons needs root"

here=$(cd "$(dirname "$0")" && pwd -P)
state=$(mktemp -d /tmp/noisefloor-slurm-XXXXXX)
chmod 0755 "$state"
held=()

clean_up() {
  for pid in "${held[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  scancel --user root 2>/dev/null || true
  "$here/slurm_down.sh" "$state"
  rm -rf "$state" "$work"
}
trap clean_up EXIT
port=$((20000 + RANDOM % 20000))
up() { NODES=3 PORT=$port MAX_ARRAY_SIZE=4 "$here/slurm_up.sh" "$state"; }
up
export SLURM_CONF=$state/slurm.conf
cd "$work"

experiment small 2 2
# Two shards of several waves each, in as little memory as goes: a worker can be stopped between two of them.
cat >held.yaml <<END
experiment: held
model: $source_dir/assets/models/opt-nano
data: {text: $source_dir/assets/text/eval-en.txt, context: 256, windows: 4}
trials:
  - {name: noise, repeat: 72, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
END
echo '{"threads": 1}' >rates.json
for name in small held; do "$noisefloor" run $name.yaml --out one-$name --quiet >/dev/null; done

# submit_held FOLDER OPTIONS...: two shards, one for each of two tasks.
submit_held() {
  local folder=$1
  shift
  run "$noisefloor" submit held.yaml --slurm --shards 2 --rates rates.json --memory 190MiB --out "$folder" "$@"
  expect_code 0 "submit of $folder"
}

# process_of FOLDER SHARD: that of its first attempt, once it has recorded something.
process_of() {
  [ -s "$1/workers/$2.1/records.jsonl" ] || return 1
  sed -n 's/.*"process":\([0-9]*\).*/\1/p' "$1/claims/$2.1.json"
}

# hold FOLDER SHARD...: stops the first worker of each in the middle of it.
hold() {
  local folder=$1 shard pid try
  shift
  local -a left=("$@") later
  for ((try = 0; try < 2400 && ${#left[@]} > 0; ++try)); do
    later=()
    for shard in "${left[@]}"; do
      if pid=$(process_of "$folder" "$shard"); then
        kill -STOP "$pid" || fail "shard $shard of $folder was over before it could be held"
        held+=("$pid")
      else
        later+=("$shard")
      fi
    done
    left=("${later[@]}")
    sleep 0.05
  done
  [ ${#left[@]} = 0 ] || fail "shards ${left[*]} of $folder do not begin"
  for shard in "$@"; do
    [ ! -e "$folder/done/$shard.json" ] || fail "shard $shard of $folder was over before it could be held"
  done
}

go_on() { kill -CONT "$(process_of "$1" "$2")"; }
parent_of() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status"; }
node_of() { tr '\0' '\n' <"/proc/$1/environ" | sed -n 's/^SLURMD_NODENAME=//p'; }
# task_of FOLDER SHARD: JOB_TASK
task_of() { sed -n 's/.*"job":"\([0-9_]*\)".*/\1/p' "$1/claims/$2.1.json"; }
in_queue() { squeue --noheader --array --format '%i %T' | grep -F "$1 "; }
not_in_queue() { ! in_queue "$1"; }
# is_state TASK WORDS: what Slurm notes of a task.
is_state() { scontrol --oneliner show job "$1" | grep -qE -e "$2"; }
# has_term PROCESS: whether TERM waits for it.
has_term() {
  local mask
  mask=$(sed -n 's/^ShdPnd:[[:space:]]*//p' "/proc/$1/status")
  (((0x$mask & 0x4000) != 0))
}
# expect_status FOLDER TEXT
expect_status() {
  run "$noisefloor" status "$1"
  expect_code 75 "status of $1"
  expect_output "$2"
}
# expect_whole FOLDER RUN: it comes to its end by itself.
expect_whole() {
  until_true 120 test -e "$1/done/merge.json"
  same_results "$1" "$2"
  run "$noisefloor" status "$1"
  expect_code 0 "status of $1, which is done"
}

# Refusals leave no folder.
run "$noisefloor" submit small.yaml --shards 2 --out refused -- --partition=nowhere
expect_code 3 "a partition that is not there"
expect_output "sinfo"
run "$noisefloor" submit small.yaml --shards 2 --out refused -- --mem=900T
expect_code 3 "memory that no node has"
run "$noisefloor" submit small.yaml --shards 4 --hours 1 --out refused
expect_code 2 "shards and hours"
[ ! -e refused ] || fail "a refused submission has left a folder"

# Five shards in arrays of three tasks at most; a name that Slurm and shells would take apart.
odd="$work/a 100% %A_%a \"odd\" name's \\ folder"
run "$noisefloor" submit small.yaml --slurm --shards 5 --out "$odd"
expect_code 0 "submit"
expect_output "5 shards submitted to Slurm as jobs"
run "$noisefloor" resubmit "$odd"
expect_code 0 "resubmit of what is queued"
expect_output "nothing to submit"
# The node's CPU is what a task has.
grep -q '^#SBATCH --cpus-per-task=1$' "$odd/shards.sbatch" || fail "threads of a task"
expect_whole "$odd" one-small
run "$noisefloor" status "$odd" --watch
expect_code 0 "status --watch of what is done"
expect_output "5 done, 0 running, 0 waiting, 0 failed, 0 never started"
ls "$odd"/logs/*_3.log >/dev/null || fail "a log of each task"

# The time limit, which is drawn near once the task is in the middle: TERM, five seconds behind the beginning at the
# earliest, while Slurm would kill after five minutes.
submit_held limit --requeues 9 -- --time=60 --signal=B:TERM@295
hold limit 1
stopped=$(process_of limit 1) task=$(task_of limit 1)
until_true 120 test -e limit/done/2.json
expect_status limit "1 done, 1 running"
scontrol update "jobid=$task" timelimit=5
until_true 120 has_term "$stopped"
go_on limit 1
until_true 120 grep -q "work is left: queued again" limit/logs/*_1.log
until_true 60 is_state "$task" 'JobState=PENDING'
scontrol update "jobid=$task" timelimit=60
expect_status limit "1 waiting"

# A task is killed: it is not queued again, is told, and is submitted anew while another goes on.
submit_held killed
hold killed 1 2
expect_status killed "2 running"
task=$(task_of killed 1)
kill -KILL "$(process_of killed 1)"
until_true 60 not_in_queue "$task"
expect_status killed "1 running, 1 waiting"
run "$noisefloor" resubmit killed
expect_code 0 "resubmit of a killed task"
expect_output "1 shard (1) submitted"
until_true 120 test -e killed/claims/1.2.json
go_on killed 2
expect_whole killed one-held
expect_whole limit one-held
grep -q '"worker":"[0-9]*_1 ' limit/done/1.json || fail "the task of shard 1 ends it"

# A node is lost: its daemon, the one of the job, the script and the worker end, and Slurm learns that it is down.
submit_held lost
hold lost 1 2
worker=$(process_of lost 1)
node=$(node_of "$worker")
script=$(parent_of "$worker")
step=$(parent_of "$script")
grep -q slurmstepd "/proc/$step/comm" || fail "process $step is not Slurm's"
task=$(task_of lost 1)
kill -KILL "$(cat "$state/run/slurmd.$node.pid")" "$step" "$script" "$worker"
scontrol update "nodename=$node" state=down reason=lost
until_true 60 is_state "$task" 'Restarts=1'
expect_status lost "1 running, 1 waiting"
run "$noisefloor" resubmit lost
expect_output "nothing to submit"
rm -f "$state/run/slurmd.$node.pid"
scontrol update "nodename=$node" state=resume
up
until_true 120 test -e lost/claims/1.2.json
go_on lost 2
expect_whole lost one-held

# A task that is cancelled while it runs stays cancelled, and a STOP ends the others; neither queues itself again.
submit_held ended
hold ended 1 2
task=$(task_of ended 1) other=$(task_of ended 2)
scancel "$task" # which wakes it first
until_true 60 not_in_queue "$task"
is_state "$task" 'JobState=CANCELLED.*Restarts=0' || fail "the cancelled task $task is back"
touch ended/STOP
go_on ended 2
until_true 60 not_in_queue "$other"
grep -q "a file STOP is there" ended/logs/*_2.log || fail "the script says why it does not queue again"
expect_status ended "a file STOP is there"
expect_status ended "2 waiting"
run "$noisefloor" resubmit ended
expect_code 2 "resubmit beside a file STOP"
rm ended/STOP
run "$noisefloor" resubmit ended -- --time=10
expect_code 0 "resubmit"
expect_output "2 shards submitted"
expect_whole ended one-held
