#!/usr/bin/env bash
# tests/cluster/slurm_up.sh STATE: starts a real Slurm on this one machine, without systemd: munge, a controller and some
# nodes, all of which run here. To be run as root; called again it starts what does not run. Everything that it writes
# lies in the folder STATE, which others must be able to enter (munge asks for it). Afterwards
#   export SLURM_CONF=STATE/slurm.conf
# is all that Slurm's commands need. Environment: NODES (2), CPUS (1, of a node), PORT (17000, and the next), MAX_ARRAY_SIZE
# (1001).
set -euo pipefail

state=$1
nodes=${NODES:-2} cpus=${CPUS:-1} port=${PORT:-17000}
host=$(hostname -s)

fail() {
  echo "slurm_up: $1" >&2
  exit 2
}

for program in munged slurmctld slurmd sinfo; do
  command -v $program >/dev/null || fail "there is no $program: apt-get install slurmctld slurmd slurm-client munge"
done
[ "$(id -u)" = 0 ] || fail "must be run as root"
mkdir -p "$state"/{ctld,run,log,munge,spool}
chmod 0755 "$state" "$state/run"
chmod 0700 "$state/munge"

# runs FILE NAME: whether the process of a pid file lives and is of that name.
runs() { [ -s "$1" ] && grep -qs "$2" "/proc/$(cat "$1")/comm"; }

# A key and a socket of its own, apart from the system's.
if ! runs "$state/run/munged.pid" munged; then
  if [ ! -s "$state/munge/key" ]; then
    head -c 128 /dev/urandom >"$state/munge/key"
    chmod 0400 "$state/munge/key"
  fi
  rm -f "$state/run/munge.socket"*
  munged --key-file="$state/munge/key" --socket="$state/run/munge.socket" --pid-file="$state/run/munged.pid" \
    --log-file="$state/log/munged.log" --seed-file="$state/munge/seed" --num-threads=2
fi

# A killed task comes back once its credential has expired, and a dead node is noticed: both after seconds here.
if [ ! -s "$state/slurm.conf" ]; then
  memory=$(($(awk '/MemTotal/{print int($2 / 1024)}' /proc/meminfo) * 8 / 10 / nodes))
  cat >"$state/slurm.conf" <<END
ClusterName=noisefloor
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$state/run/munge.socket,cred_expire=5
CredType=cred/munge
MailProg=/bin/true
SlurmctldPidFile=$state/run/slurmctld.pid
SlurmdPidFile=$state/run/slurmd.%n.pid
SlurmdSpoolDir=$state/spool/%n
StateSaveLocation=$state/ctld
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,defer_batch
InactiveLimit=0
KillWait=5
MinJobAge=3600
MaxArraySize=${MAX_ARRAY_SIZE:-1001}
SlurmctldTimeout=30
SlurmdTimeout=10
SlurmdParameters=config_overrides
PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP
END
  for ((i = 1; i <= nodes; ++i)); do
    mkdir -p "$state/spool/n$i"
    echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=$cpus Boards=1 SocketsPerBoard=1" \
      "CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=$memory State=UNKNOWN" >>"$state/slurm.conf"
  done
  # From 23.11 on Slurm wants control groups unless it is told; earlier ones do not know the word.
  if [ "$(slurmd -V | sed -E 's/[^0-9]*([0-9]+)\..*/\1/')" -ge 23 ]; then
    echo "CgroupPlugin=disabled" >"$state/cgroup.conf"
  fi
fi

export SLURM_CONF=$state/slurm.conf
runs "$state/run/slurmctld.pid" slurmctld || slurmctld
for ((i = 1; i <= nodes; ++i)); do
  runs "$state/run/slurmd.n$i.pid" slurmd || slurmd -N "n$i"
done
for ((try = 0; try < 60; ++try)); do
  up=$(sinfo --noheader --Node --format %T 2>/dev/null | grep -cE '^(idle|mixed|allocated)$') || up=0
  [ "$up" != "$nodes" ] || exit 0
  sleep 0.5
done
tail -n 5 "$state"/log/*.log >&2
fail "$up of $nodes nodes came up"
