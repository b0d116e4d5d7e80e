#!/usr/bin/env bash
# scripts/check_layers.sh finds what it is there to find.
source "$(dirname "$0")/expect.sh"
source_dir=$1

# tree FILE LINE: a clean little tree to which FILE, holding LINE, is added.
tree() {
  rm -rf "$work/tree"
  mkdir -p "$work"/tree/{core/{base,config,model,ops,text},perturb,quant,eval/{cli,records,results,run,tables,verify}}
  printf '# the floors\nrecords\nresults\ntables\nrun\nverify batch\ncli\n' >"$work/tree/eval/floors.txt"
  echo '#include "core/base.h"' >"$work/tree/core/base.cc"
  echo '#include "core/base.h"' >"$work/tree/perturb/a.cc"
  echo '#include "perturb/a.h"' >"$work/tree/quant/b.cc"
  echo '#include "quant/b.h"' >"$work/tree/eval/run/c.cc"
  echo '#include "eval/results/r.h"' >"$work/tree/eval/run/c.h"
  echo '#include "core/base/error.h"' >"$work/tree/eval/records/r.h"
  echo '#include "eval/records/r.h"' >"$work/tree/eval/results/r.h"
  echo '#include "eval/run/c.h"' >"$work/tree/eval/cli/a_command.cc"
  echo '#include <oneapi/dnnl/dnnl.hpp>' >"$work/tree/core/ops/gemm_onednn.cc"
  echo '#include <yaml-cpp/yaml.h>' >"$work/tree/core/config/yaml_reader.cc"
  printf '#define PCRE2_CODE_UNIT_WIDTH 8\n#include <pcre2.h>\n' >"$work/tree/core/text/pcre.cc"
  [ $# = 0 ] || echo "$2" >>"$work/tree/$1"
}

passes() {
  run "$source_dir/scripts/check_layers.sh" "$work/tree"
  expect_code 0 "$1"
  expect_silence "$1"
}

refuses() {
  tree "$@"
  run "$source_dir/scripts/check_layers.sh" "$work/tree"
  expect_code 1 "$1: $2"
  expect_output "$1:"
}

tree
passes "a clean tree"
refuses core/base.cc '#include "perturb/a.h"'
refuses core/text/words.h '  #  include <eval/run/c.h>'
refuses perturb/a.cc '#include "quant/b.h"'
refuses quant/b.cc '#include "eval/run/c.h"'
refuses eval/run/c.cc '#include "tests/support/temp_dir.h"'
refuses quant/b.cc '#include "../eval/run/c.h"'
refuses core/ops/other.cc '#include <dnnl.hpp>'
refuses eval/run/c.cc '#include <yaml-cpp/yaml.h>'
refuses core/config/yaml_writer.cc '#include "yaml-cpp/emitter.h"'
refuses core/text/words.cc '#include <pcre2.h>'
refuses eval/records/r.h '#include "eval/results/r.h"'
refuses eval/run/c.h '#include "eval/cli/command.h"'
refuses eval/verify/v.h '#include "eval/batch/merge.h"'
refuses eval/results/r.h '#include "core/model/decoder.h"'
refuses eval/tables/t.h '#include "quant/b.h"'

tree core/base/error.h '#include "core/model/decoder.h"'
echo >"$work/tree/core/model/decoder.h"
run "$source_dir/scripts/check_layers.sh" "$work/tree"
expect_code 1 "a model behind what reads records"
expect_output "core/model/decoder.h"

tree eval/run/lonely.cc ''
run "$source_dir/scripts/check_layers.sh" "$work/tree"
expect_code 1 "a source without a header"
expect_output "eval/run/lonely.cc"

tree
mkdir "$work/tree/eval/attic"
run "$source_dir/scripts/check_layers.sh" "$work/tree"
expect_code 1 "a room on no floor"
expect_output "eval/attic"

tree
mv "$work/tree/core/ops/gemm_onednn.cc" "$work/tree/core/ops/matmul.cc"
run "$source_dir/scripts/check_layers.sh" "$work/tree"
expect_code 1 "oneDNN in another file"

tree
rm -r "$work/tree/quant"
run "$source_dir/scripts/check_layers.sh" "$work/tree"
expect_code 1 "a layer is missing"
