#include "eval/run/preparation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/version.h"
#include "core/ops/fixed_products.h"
#include "core/ops/gemm.h"
#include "eval/records/model_identity.h"

namespace nf {

MemoryBudget run_budget(const ExperimentConfig& config, std::optional<Index> memory) {
  if (!memory && config.memory) memory = config.memory->bytes;
  return MemoryBudget::of(memory);
}

void prepare_decoder(Decoder& decoder, const EvalSet& set, Index positions) {
  for (const EvalItem& item : set.items) positions = std::max(positions, item.layout.positions());
  decoder.prepare(positions);
}

void take_isa(const ExperimentConfig& config) {
  if (!config.isa || limit_gemm_isa(enum_name(*config.isa))) return;
  throw ConfigError(
      fmt::format("isa: {}: products would run with {} on this machine; write an `isa` that all "
                  "machines have, or run on those that have this one",
                  enum_name(*config.isa), gemm_isa()));
}

Json numerics_env(Arithmetic arithmetic) {
  static const Json of_machine = {{"numerics", kNumericsVersion},
                                  {"gemm", gemm_library()},
                                  {"isa", gemm_isa()},
                                  {"implementation", gemm_probe()},
                                  {"products", products_hash()}};
  Json env = of_machine;
  if (arithmetic != Arithmetic::f32) {
    env["arithmetic"] = enum_name(arithmetic);
    env[fmt::format("{}_{}", kEnvProducts, enum_name(arithmetic))] = products_hash(arithmetic);
  }
  return env;
}

}  // namespace nf
