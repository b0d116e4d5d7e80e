#!/usr/bin/env bash
# scripts/check_simd_symbols.sh finds what it is there to find.
source "$(dirname "$0")/expect.sh"
source_dir=$1
compiler=$2

# object FORM CODE: the one object of a build folder, as CMake names it.
object() {
  local folder="$work/build/core/CMakeFiles/nf_core_simd_$1.dir"
  rm -rf "$work/build"
  mkdir -p "$folder"
  echo "$2" >"$work/kernels.simd.cc"
  "$compiler" -std=c++20 -O2 -c "$work/kernels.simd.cc" -o "$folder/kernels.simd.cc.o"
}

check() { run "$source_dir/scripts/check_simd_symbols.sh" "$work/build"; }

table='
namespace nf::avx2 {
namespace { void add(float* x) { *x += 1; } }
struct Kernels { void (*add)(float*); };
extern const Kernels kernels = {add};
}'

object avx2 "$table"
check
expect_code 0 "a table alone"
expect_silence "a table alone"

object avx512 "$table"
check
expect_code 1 "a table of another form's namespace"

object avx2 "$table namespace nf::avx2 { void exported(float* x) { *x += 2; } }"
check
expect_code 1 "an exported function"
expect_output "nf::avx2::exported(float*)"

object avx2 "$table inline int twice(int x) { return 2 * x; } namespace { auto* const used __attribute__((used)) = twice; }"
check
expect_code 1 "an inline function the linker may merge"
expect_output "twice(int)"

object avx2 "namespace { [[maybe_unused]] int nothing = 0; }"
check
expect_code 1 "no table"

rm -rf "$work/build"
mkdir "$work/build"
check
expect_code 1 "no object"
