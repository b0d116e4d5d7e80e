#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/sanitize.sh asan|tsan [--slow] [ctest options]
       scripts/sanitize.sh asan|tsan --program NAME [GoogleTest options]

Builds everything with clang and runs the test suite: `asan` under AddressSanitizer (with LeakSanitizer)
and UndefinedBehaviorSanitizer, `tsan` under ThreadSanitizer; with --slow also the tests labelled slow.
The other options go to ctest, for instance -R NAME or -L unit.core. With --program one test program is
built and run alone: core_tests, perturb_tests, ..., or of these a part that compiles fast, reader_tests
(what reads files) and thread_tests.
tests/suppressions says what is passed over, of libraries alone, and why.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
case ${1:-} in
  asan | tsan) sanitizer=$1 ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
shift

which=(--label-exclude '^slow')
program=
case ${1:-} in
  --slow)
    which=()
    shift
    ;;
  --program)
    program=${2:?NAME is missing}
    shift 2
    ;;
esac

# The stacks of reports need llvm-symbolizer, and so do suppressions that name functions.
"$root/scripts/install.sh" clang libclang-rt-dev libomp-dev llvm
"$root/scripts/build.sh" "$sanitizer" "${program:-all}"

suppressions=$root/tests/suppressions
# Options that the caller has set come last and so win.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export LSAN_OPTIONS=suppressions=$suppressions/lsan.txt:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
export UBSAN_OPTIONS=print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
# Libraries are not instrumented: what they do to memory between them is not looked at.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=$suppressions/tsan.txt:print_suppressions=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}
if [ "$sanitizer" = tsan ]; then
  # The threads are OpenMP's (core/base/parallel.h). libarcher tells ThreadSanitizer where libomp has them wait for
  # each other; without it every parallel loop would look like a race.
  OMP_TOOL_LIBRARIES=$(realpath -m "$(clang++ -print-resource-dir)/../../libarcher.so")
  export OMP_TOOL_LIBRARIES
  [ -f "$OMP_TOOL_LIBRARIES" ] || { echo "sanitize: $OMP_TOOL_LIBRARIES is missing" >&2; exit 1; }
fi

if [ -n "$program" ]; then
  exec "$root/build/$sanitizer/bin/$program" --gtest_brief=1 "$@"
fi
exec ctest --test-dir "$root/build/$sanitizer" --output-on-failure --parallel "$(nproc)" "${which[@]}" "$@"
