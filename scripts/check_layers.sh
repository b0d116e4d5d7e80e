#!/usr/bin/env bash
# scripts/check_layers.sh [ROOT]: proves from the #include lines that the layers point one way,
#   core <- perturb <- quant <- eval,
# and that each third-party type which must stay behind one file does.
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

only_in '(oneapi/dnnl/)?dnnl' 'core/ops/gemm_onednn\.cc' "${layers[@]}"
only_in 'yaml-cpp/' 'core/config/[a-z_]+\.cc' "${layers[@]}"
only_in 'pcre2' 'core/text/[a-z_]+\.cc' "${layers[@]}"
only_in 'sqlite3' 'eval/output/sqlite_file\.cc' "${layers[@]}"
only_in 'sentencepiece_processor' 'core/text/sentencepiece\.cc' "${layers[@]}"

exit "$failures"
