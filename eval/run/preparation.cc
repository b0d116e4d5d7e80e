#include "eval/run/preparation.h"

#include <algorithm>

#include "core/base/version.h"
#include "core/ops/gemm.h"

namespace nf {

MemoryBudget run_budget(const ExperimentConfig& config, std::optional<Index> memory) {
  if (!memory && config.memory) memory = config.memory->bytes;
  return MemoryBudget::of(memory);
}

void prepare_decoder(Decoder& decoder, const EvalSet& set, Index positions) {
  for (const EvalItem& item : set.items) positions = std::max(positions, item.layout.positions());
  decoder.prepare(positions);
}

Json numerics_env(Arithmetic arithmetic) {
  Json env = {{"numerics", kNumericsVersion},
              {"gemm", gemm_library()},
              {"isa", gemm_isa()},
              {"implementation", gemm_probe()}};
  if (arithmetic != Arithmetic::f32) env["arithmetic"] = enum_name(arithmetic);
  return env;
}

}  // namespace nf
