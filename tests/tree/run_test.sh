#!/usr/bin/env bash
# scripts/run.sh and scripts/test.sh on a little project: which program they build and how they call it.
source "$(dirname "$0")/expect.sh"
source_dir=$1
unset NOISEFLOOR_PRESET

clone="$work/a clone"
mkdir -p "$clone" "$work/elsewhere"
cp -r "$source_dir/scripts" "$source_dir/CMakePresets.json" "$clone/"
printf '#!/bin/sh\n' >"$clone/scripts/install.sh"
cat >"$clone/program" <<'END'
#!/bin/sh
echo "in $(basename "$PWD")"
for argument; do echo "<$argument>"; done
exit 4
END
chmod +x "$clone/program"
cat >"$clone/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(little LANGUAGES NONE)
add_custom_target(noisefloor COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/program bin/noisefloor)
add_custom_target(others ALL COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/others)
enable_testing()
add_test(NAME quick COMMAND ${CMAKE_COMMAND} -E true)
add_test(NAME long COMMAND ${CMAKE_COMMAND} -E true)
set_tests_properties(quick PROPERTIES LABELS unit.little)
set_tests_properties(long PROPERTIES LABELS slow.little)
END

cd "$work/elsewhere"
run "$clone/scripts/run.sh"
expect_code 4 "the program's exit code"
expect_output "in elsewhere"
expect_output "<$clone/configs/quickstart.yaml>"
[ ! -e "$clone/build/release/others" ] || fail "more was built than the program"
[ "$(find "$clone/build" -type f -name noisefloor)" = "$clone/build/release/bin/noisefloor" ] ||
  fail "the program does not lie in build/release/bin"

run "$clone/scripts/run.sh" --quiet --out "an out"
printf '%s\n' "in elsewhere" "<run>" "<$clone/configs/quickstart.yaml>" "<--quiet>" "<--out>" "<an out>" |
  cmp -s - "$work/output" || fail "options alone, second run: nothing is configured or said"

run "$clone/scripts/run.sh" "my own.yaml" --set "a.b=1 2"
printf '%s\n' "in elsewhere" "<run>" "<my own.yaml>" "<--set>" "<a.b=1 2>" |
  cmp -s - "$work/output" || fail "an experiment of one's own"

run "$clone/scripts/run.sh" --help
expect_code 0 "help"
expect_output "usage: scripts/run.sh"

run "$clone/scripts/test.sh"
expect_code 0 "the tests"
expect_output "100% tests passed, 0 tests failed out of 1"
expect_output " quick "
[ -e "$clone/build/release/others" ] || fail "the tests need everything built"
run "$clone/scripts/test.sh" --slow
expect_output "0 tests failed out of 2"
run "$clone/scripts/test.sh" --slow -R long
expect_output "0 tests failed out of 1"

NOISEFLOOR_PRESET=check run "$clone/scripts/test.sh"
expect_code 0 "the tests in another build"
[ -e "$clone/build/check/others" ] || fail "NOISEFLOOR_PRESET says what is built"

mv "$clone" "$work/moved"
run "$work/moved/scripts/run.sh"
expect_code 4 "a clone that was moved"

rm "$work/moved/program"
run "$work/moved/scripts/run.sh"
expect_code 1 "a build that fails"
expect_output "build: building failed"

echo 'message(FATAL_ERROR "a library is missing")' >>"$work/moved/CMakeLists.txt"
touch "$work/moved/CMakePresets.json"
run "$work/moved/scripts/run.sh"
expect_code 1 "a configuration that fails"
expect_output "a library is missing"
