#!/usr/bin/env bash
# What is installed runs from any place, knows nothing of the place where it was built, and has its pages and completions.
source "$(dirname "$0")/expect.sh"
source_dir=$1
build_dir=$3

run cmake --install "$build_dir" --prefix "$work/a prefix" --strip
expect_code 0 "cmake --install"
prefix=$work/moved
mv "$work/a prefix" "$prefix"
mkdir "$work/elsewhere"
ln -s "$prefix/bin/noisefloor" "$work/link"
cd "$work/elsewhere"
export XDG_CACHE_HOME=$work/cache

run "$work/link" list examples
expect_output " $prefix/share/noisefloor/configs/quickstart.yaml"
run "$work/link" check calibration/gptq-w4a16
expect_code 0 "an installed example of a folder"
run "$prefix/bin/noisefloor" run quickstart --set data.windows=1 --set data.context=32
expect_code 0 "an installed example"
expect_output "example: $prefix/share/noisefloor/configs/quickstart.yaml"
[ -f runs/first-look/results.csv ] || fail "the run is not in the current folder"
run "$prefix/bin/noisefloor" plan quickstart.yaml
expect_code 2 "a file that is not there"
expect_output "'quickstart' is the example of that name"

for file in man/man1/noisefloor.1 bash-completion/completions/noisefloor zsh/site-functions/_noisefloor \
  doc/noisefloor/{README.md,LICENSE,CITATION.cff,copyright,CHANGELOG.md,docs/experiment.md} noisefloor/assets/README.md; do
  [ -s "$prefix/share/$file" ] || fail "share/$file is missing"
done
run bash -n "$prefix/share/bash-completion/completions/noisefloor"
expect_silence "the completions are bash's"
if command -v zsh >/dev/null; then
  run zsh -n "$prefix/share/zsh/site-functions/_noisefloor"
  expect_silence "the completions are zsh's"
fi
if command -v man >/dev/null; then
  run env LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings "$prefix/share/man/man1/noisefloor.1"
  expect_code 0 "the man page"
  expect_output "run EXPERIMENT.yaml [options]"
  expect_output "--rehash"
  if grep -q "warning:" "$work/output"; then fail "the man page has faults"; fi
fi

# Coverage and sanitizers need the places of the sources, a release does not.
if grep -q '^CMAKE_BUILD_TYPE:.*=Rel' "$build_dir/CMakeCache.txt"; then
  if grep -rlF -e "$source_dir/" -e "$build_dir" "$prefix" >"$work/output"; then
    fail "the place of the build is in what is installed"
  fi
fi

DESTDIR=$work/stage run cmake --install "$build_dir" --prefix /usr
expect_code 0 "a package's folder"
for file in bin/noisefloor share/man/man1/noisefloor.1 share/noisefloor/configs/quickstart.yaml; do
  [ -s "$work/stage/usr/$file" ] || fail "usr/$file is not in the package's folder"
done
