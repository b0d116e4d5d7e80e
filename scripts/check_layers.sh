#!/usr/bin/env bash
# scripts/check_layers.sh [ROOT]: proves from the #include lines that
# - the layers point one way, core <- perturb <- quant <- eval, and so do the rooms of eval, floor by floor
#   (eval/floors.txt);
# - what reads records reaches no model, no weight and no quantizer: every table follows from the records alone;
# - each third-party type which must stay behind one file does.
set -euo pipefail

cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"
failures=0

complain() {
  echo "$1:" >&2
  echo "$2" >&2
  failures=1
}

# includes PATTERN FOLDER...: file:line of every #include in the folders whose path begins with PATTERN.
includes() {
  local pattern=$1
  shift
  grep -rnE --include='*.h' --include='*.cc' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$@" | sort
}

# layer_below FOLDER LAYER...: FOLDER includes nothing of the layers above it.
layer_below() {
  local folder=$1 above found
  shift
  above=$(IFS='|'; echo "$*")
  if found=$(includes "($above)/" "$folder"); then
    complain "$folder must not include $*" "$found"
  fi
}

# only_in HEADERS WHERE FOLDER...: at most one file of the folders includes HEADERS, and its path matches WHERE.
only_in() {
  local headers=$1 where=$2 found files
  shift 2
  found=$(includes "$headers" "$@") || return 0
  files=$(cut -d: -f1 <<<"$found" | sort -u)
  if [ "$(wc -l <<<"$files")" -gt 1 ] || ! grep -qE "^($where)$" <<<"$files"; then
    complain "$headers belongs in one file, $where" "$found"
  fi
}

layers=(core perturb quant eval)
for layer in "${layers[@]}"; do
  if [ ! -d "$layer" ]; then
    echo "$PWD/$layer: no such folder" >&2
    exit 1
  fi
done

layer_below core perturb quant eval tests
layer_below perturb quant eval tests
layer_below quant eval tests
layer_below eval tests

if found=$(includes '\.\.?/' "${layers[@]}"); then
  complain "includes are written from the root of the repository" "$found"
fi

# The rooms of eval. floors: one floor an element, the lowest first.
mapfile -t floors < <(grep -v '^#' eval/floors.txt)
for room in eval/*/; do
  room=${room#eval/}
  grep -v '^#' eval/floors.txt | tr ' ' '\n' | grep -qxF "${room%/}" ||
    complain "eval/floors.txt does not say on which floor this room is" "eval/$room"
done
if found=$(find eval -maxdepth 1 -name '*.h' -o -maxdepth 1 -name '*.cc' | grep .); then
  complain "sources of eval lie in its rooms" "$found"
fi
for ((floor = 0; floor < ${#floors[@]}; ++floor)); do
  read -ra rooms <<<"${floors[floor]}"
  for room in "${rooms[@]}"; do
    [ -d "eval/$room" ] || continue
    mapfile -t others < <(printf '%s\n' "${floors[@]:floor}" | tr ' ' '\n' | grep -vxF "$room")
    [ ${#others[@]} = 0 ] || layer_below "eval/$room" "${others[@]/#/eval/}"
  done
done

# What reads records. It may include of core the base, files and the names of sites, of perturb what is recorded of
# δ and of values; and through whatever it includes it may not reach further than these and the tables of names behind them.
readers=()
for room in records results analysis predict tables report; do
  [ ! -d "eval/$room" ] || readers+=("eval/$room")
done
direct='core/(base|io)/|core/model/site\.h|perturb/(distortion_stats|input_statistics|value_profile)\.h|eval/'
reached="$direct|core/(config|tensor)/|perturb/(unit|value_histogram|value_moments)\.h"
if [ ${#readers[@]} -gt 0 ]; then
  if found=$(includes '(core|perturb|quant)/' "${readers[@]}" | grep -vE "\"($direct)"); then
    complain "what reads records sees no model, no weight and no quantizer" "$found"
  fi
  new=$(find "${readers[@]}" -name '*.h' -o -name '*.cc')
  seen=
  while [ -n "$new" ]; do
    seen=$(printf '%s\n' "$seen" "$new" | sort -u)
    new=$(tr '\n' '\0' <<<"$new" | xargs -0 grep -hsE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](core|perturb|quant|eval)/' |
      sed -E 's/.*["<](.*)[">].*/\1/' | sort -u | comm -23 - <(echo "$seen") || true)
  done
  if found=$(grep . <<<"$seen" | grep -vE "^($reached)"); then
    complain "what reads records reaches a model, a weight or a quantizer through its includes" "$found"
  fi
fi

# A header declares what the source of its name defines. Kinds, sections and commands have none: they are registered.
while IFS= read -r source; do
  stem=${source%.cc}
  [ -f "${stem%.simd}.h" ] || complain "a source of eval has a header of its own name" "$source"
done < <(find eval -name '*.cc' ! -path '*/kinds/*' ! -path '*/sections/*' ! -path 'eval/cli/*' | sort)

only_in '(oneapi/dnnl/)?dnnl' 'core/ops/gemm_onednn\.cc' "${layers[@]}"
only_in 'yaml-cpp/' 'core/config/[a-z_]+\.cc' "${layers[@]}"
only_in 'pcre2' 'core/text/[a-z_]+\.cc' "${layers[@]}"
only_in 'sqlite3' 'eval/output/sqlite_file\.cc' "${layers[@]}"
only_in 'sentencepiece_processor' 'core/text/sentencepiece\.cc' "${layers[@]}"

exit "$failures"
