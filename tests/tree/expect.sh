# Sourced by the shell tests: a folder of their own in $work, and checks that stop at the first failure.
# shellcheck shell=bash
set -euo pipefail

# Spaces, so that every test also shows that paths may hold them.
work=$(mktemp -d -t 'noisefloor test XXXXXX')
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $1" >&2
  [ ! -f "$work/output" ] || sed 's/^/  output: /' "$work/output" >&2
  exit 1
}

# run COMMAND...: keeps its exit code in $code and what it prints in $work/output.
run() {
  code=0
  "$@" >"$work/output" 2>&1 </dev/null || code=$?
}

expect_code() { [ "$code" = "$1" ] || fail "$2: exit code $code, expected $1"; }
expect_output() { grep -qF -e "$1" "$work/output" || fail "the output does not hold '$1'"; }
expect_silence() { [ ! -s "$work/output" ] || fail "$1: expected no output"; }
