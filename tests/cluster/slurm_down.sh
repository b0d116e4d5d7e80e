#!/usr/bin/env bash
# tests/cluster/slurm_down.sh STATE: ends what slurm_up.sh started there, and nothing else: the processes of its pid files, if
# their names are right.
set -euo pipefail

state=$1

# stop FILE NAME
stop() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  rm -f "$1"
  grep -qs "$2" "/proc/$pid/comm" || return 0
  kill "$pid" 2>/dev/null || return 0
  for ((try = 0; try < 40; ++try)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.25
  done
  kill -9 "$pid" 2>/dev/null || true
}

for file in "$state"/run/slurmd.*.pid; do stop "$file" slurmd; done
stop "$state/run/slurmctld.pid" slurmctld
stop "$state/run/munged.pid" munged
