#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/fuzz.sh TARGET SECONDS [libFuzzer options]
       scripts/fuzz.sh all|core SECONDS [libFuzzer options]

Builds a fuzzer with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs it that long on one
core; `all` runs every one, as many at once as there are cores, and `core` those of the module core, whose
build is the shorter one. TARGET is the stem of a file of tests/fuzz.
What was found to be worth keeping goes into build/fuzz-TARGET/corpus and is where the next call goes on;
inputs that end in a finding go into build/fuzz-TARGET/findings. Exit code 1 when there is one. FILE in
  build/asan/bin/fuzz_TARGET FILE
shows it again. Findings are: what a sanitizer reports, an exception that is no message to a user, a broken
promise of a reader, more than 1 GiB in all or 256 MiB at once, and an input that takes over 20 s.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

mapfile -t targets < <(grep -l '^extern "C" int LLVMFuzzerTestOneInput' tests/fuzz/*.cc | sed 's|.*/||; s|\.cc$||')

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
if [ $# -lt 2 ] || ! [[ $2 =~ ^[0-9]+$ ]]; then
  usage >&2
  exit 2
fi
seconds=$2
if [ "$1" = all ]; then
  chosen=("${targets[@]}")
elif [ "$1" = core ]; then
  mapfile -t chosen < <(for target in "${targets[@]}"; do
    grep -q '^#include "eval/' "tests/fuzz/$target.cc" || echo "$target"
  done)
elif [[ " ${targets[*]} " = *" $1 "* ]]; then
  chosen=("$1")
else
  echo "fuzz: no target '$1'; there are: ${targets[*]}" >&2
  exit 2
fi
shift 2

scripts/install.sh clang libclang-rt-dev libomp-dev llvm
scripts/build.sh asan "${chosen[@]/#/fuzz_}"

# Each input becomes files: in memory they cost no disk. A fuzzer that dies leaves them behind.
memory=/dev/shm
[ -w "$memory" ] || memory=${TMPDIR:-/tmp}
work=$(mktemp -d "$memory/noisefloor-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT

# run TARGET [OPTION...]: fuzzes one target, in the background of its own.
run() {
  local target=$1 folder=build/fuzz-$1 dictionary=tests/fuzz/$1.dict
  shift
  rm -rf "$folder/seeds"
  mkdir -p "$folder/corpus" "$folder/findings" "$folder/seeds" "$work/$target"
  export TMPDIR=$work/$target
  NOISEFLOOR_FUZZ_SEEDS=$folder/seeds "build/asan/bin/fuzz_$target" >"$folder/log" 2>&1 || return 1
  if [ ! -f "$dictionary" ]; then
    # The words of an experiment are those of its schema.
    dictionary=$folder/dictionary
    grep -oE '"[[:alnum:]_.$]+"' docs/experiment.schema.json | sort -u >"$dictionary"
  fi
  "build/asan/bin/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
    -malloc_limit_mb=256 -max_len=65536 -len_control=0 -dict="$dictionary" -print_final_stats=1 \
    -artifact_prefix="$folder/findings/" "$@" "$folder/corpus" "$folder/seeds" >"$folder/log" 2>&1
}

# Short stacks of allocations, for they are kept at every one; without the option a finding is shown with long ones.
export ASAN_OPTIONS=malloc_context_size=3:quarantine_size_mb=32${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export UBSAN_OPTIONS=print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
# One thread: what is looked for are faults of reading.
export OMP_NUM_THREADS=1

failures=0
# report TARGET CODE: the last line of a run, and all of a finding.
report() {
  local target=$1 code=$2 log=build/fuzz-$1/log summary input
  summary=$(grep -E '^#[0-9]+[[:space:]]+DONE' "$log" | tail -n 1 || true)
  if [ "$code" = 0 ]; then
    echo "fuzz: $target: nothing found; ${summary:-see $log}" >&2
    return
  fi
  failures=1
  grep -vE '^#[0-9]+[[:space:]]|^Dictionary:|^INFO:' "$log" | tail -n 60 >&2
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  echo "fuzz: $target: FOUND; the log is $root/$log${input:+, and this shows it again:
  build/asan/bin/fuzz_$target $input}" >&2
}

jobs=$(nproc)
declare -A running=()
# reap: waits for one of the running targets and reports it.
reap() {
  local target pid code=0
  wait -n -p pid "${!running[@]}" || code=$?
  target=${running[$pid]}
  unset "running[$pid]"
  report "$target" "$code"
}
for target in "${chosen[@]}"; do
  [ ${#running[@]} -lt "$jobs" ] || reap
  run "$target" "$@" &
  running[$!]=$target
done
while [ ${#running[@]} -gt 0 ]; do reap; done
exit "$failures"
