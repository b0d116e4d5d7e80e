#!/usr/bin/env bash
# scripts/fuzz.sh on a little project, whose fuzzers are stand-ins: which ones it runs, and what it makes of a finding.
source "$(dirname "$0")/expect.sh"
source_dir=$1

clone="$work/a clone"
mkdir -p "$clone/scripts" "$clone/tests/fuzz" "$clone/docs" "$clone/build/asan/bin"
cp "$source_dir/scripts/fuzz.sh" "$clone/scripts/"
for script in install build; do
  printf '#!/bin/sh\necho %s "$@" >>"%s/calls"\n' "$script" "$work" >"$clone/scripts/$script.sh"
done
echo '{"one": ["two"]}' >"$clone/docs/experiment.schema.json"
for target in sound faulty; do
  echo 'extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {' \
    >"$clone/tests/fuzz/$target.cc"
done
touch "$clone/tests/fuzz/ground.cc"

# stand_in TARGET: writes a seed when it is asked to; else runs what comes in on stdin.
stand_in() {
  {
    # shellcheck disable=SC2016
    printf '%s\n' '#!/usr/bin/env bash' \
      'if [ -n "${NOISEFLOOR_FUZZ_SEEDS:-}" ]; then touch "$NOISEFLOOR_FUZZ_SEEDS/seed"; exit; fi' \
      'for argument; do case $argument in -artifact_prefix=*) findings=${argument#*=} ;; esac; done'
    cat
  } >"$clone/build/asan/bin/fuzz_$1"
}
stand_in sound <<'END'
printf '#7\tDONE   cov: 5 ft: 6 corp: 2/8b\n' >&2
[ -f build/fuzz-sound/seeds/seed ] && grep -q '"two"' build/fuzz-sound/dictionary
END
stand_in faulty <<'END'
echo "==1==ERROR: AddressSanitizer: heap-buffer-overflow" >&2
echo "artifact_prefix='$findings'; Test unit written to ${findings}crash-1" >&2
exit 77
END
chmod +x "$clone"/scripts/*.sh "$clone"/build/asan/bin/*

fuzz() { run "$clone/scripts/fuzz.sh" "$@"; }

fuzz
expect_code 2 "no target"
expect_output "usage: scripts/fuzz.sh TARGET SECONDS"
fuzz sound soon
expect_code 2 "no seconds"
fuzz ground 1
expect_code 2 "what is no target"
expect_output "no target 'ground'; there are: faulty sound"

fuzz sound 1
expect_code 0 "nothing found"
expect_output "fuzz: sound: nothing found; #7"
[ "$(sed -n 's/^build //p' "$work/calls")" = "asan fuzz_sound" ] || fail "more was built than the target"

fuzz faulty 1
expect_code 1 "a finding"
expect_output "heap-buffer-overflow"
expect_output "  build/asan/bin/fuzz_faulty build/fuzz-faulty/findings/crash-1"

fuzz all 1
expect_code 1 "a finding of one of them"
expect_output "fuzz: sound: nothing found"
expect_output "fuzz: faulty: FOUND"
