#!/usr/bin/env bash
set -euo pipefail

usage() {
  cat <<'END'
usage: scripts/check.sh [--all]

Checks the layers, the shell scripts, the format, a build without warnings, and what the vector
kernels export; then clang-tidy on the C++ files that are new or changed, or on all with --all.
Changed means since the branch left origin/main, or on origin/main itself since HEAD~1.
Needs the packages clang-format, clang-tidy and shellcheck.
END
}

all=no
case ${1:-} in
  "") ;;
  --all) all=yes ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { echo "check: $1" >&2; }
fail() {
  echo "check: $1" >&2
  exit 1
}

# Every release of clang formats and warns a little differently, so one is the judge: 14, Debian 12's. With
# another at hand these two steps are left out, and say so; with none the check fails.
judge=14
find_judge() {
  local tool=$1 candidate
  command -v "$tool" >/dev/null || command -v "$tool-$judge" >/dev/null ||
    fail "$tool is missing (package $tool)"
  for candidate in "$tool-$judge" "$tool"; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q "version $judge\."; then
      echo "$candidate"
      return
    fi
  done
  echo "check: LEFT OUT: $tool, which is not version $judge here" >&2
}

clang_format=$(find_judge clang-format)
clang_tidy=$(find_judge clang-tidy)
command -v shellcheck >/dev/null || fail "shellcheck is missing (package shellcheck)"

# Tracked files and new ones, without those that are deleted.
files() {
  git ls-files -z --cached --others --exclude-standard -- "$@" | sort -zu |
    while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done
}

step "layers"
scripts/check_layers.sh

step "shell scripts"
files '*.sh' '.ci/run' 'scripts/make_random_checkpoint' |
  xargs -0 --no-run-if-empty shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR

if [ -n "$clang_format" ]; then
  step "format"
  files '*.cc' '*.h' | xargs -0 --no-run-if-empty "$clang_format" --dry-run --Werror
fi

step "build without warnings"
scripts/build.sh check all

step "symbols of the vector kernels"
scripts/check_simd_symbols.sh build/check

[ -n "$clang_tidy" ] || exit 0

# The commit that "changed" counts from; empty if there is none.
base=$(git merge-base HEAD origin/main 2>/dev/null || true)
if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
  base=$(git rev-parse --quiet --verify HEAD~1 || true)
fi
if [ -z "$base" ] && [ "$all" = no ]; then
  echo "check: LEFT OUT: clang-tidy, for there is no earlier commit to compare with; --all checks everything" >&2
  exit 0
fi

changed() {
  if [ "$all" = yes ]; then
    files '*.cc' '*.h'
  else
    git diff -z --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
    git ls-files -z --others --exclude-standard -- '*.cc' '*.h'
  fi
}

# clang-tidy sees a header through a file that includes it: its own .cc, else the first. *.simd.cc files are
# left out: clang does not take all of g++'s vector extensions.
sources() {
  local file
  while IFS= read -r -d '' file; do
    case $file in
      *.simd.cc) continue ;;
      *.cc) echo "$file" ;;
      *) if [ -f "${file%.h}.cc" ]; then
        echo "${file%.h}.cc"
      else
        git grep --untracked -lF "#include \"$file\"" -- '*.cc' ':!*.simd.cc' | head -n 1 || true
      fi ;;
    esac
  done | sort -u
}

mapfile -t to_tidy < <(changed | sources)
step "clang-tidy on ${#to_tidy[@]} files"
[ ${#to_tidy[@]} -gt 0 ] || exit 0
cmake --preset tidy --fresh >build/tidy.log 2>&1 || fail "configuring build/tidy failed (build/tidy.log)"
# clang does not look for g++'s omp.h by itself, and does not know all of its warnings.
as_clang=(--extra-arg=-idirafter"$(g++ -print-file-name=include)" --extra-arg=-Wno-unknown-warning-option)
printf '%s\0' "${to_tidy[@]}" |
  xargs -0 -n 1 -P "$(nproc)" "$clang_tidy" --quiet -p build/tidy "${as_clang[@]}" 2>&1 |
  sed -E '/^[0-9]+ (warning|error)s? .*generated\.$/d' || fail "clang-tidy finds fault"
