#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/ops/gemm.h"
#include "eval/machine/machine_check.h"

namespace nf {

/// An env that records were made in, to compare this machine's with.
struct EarlierEnv {
  std::string place;  ///< the file it stands in
  Json env = Json::object();
};

/// Looks at what computes: "processor" (model, threads that this process may have), "memory" (what
/// it may still take), "products" (instruction set, oneDNN, the fixed products, and whether they
/// agree with an earlier env). arithmetic: of the experiment that workers shall run.
std::vector<MachineCheck> processor_checks(const std::optional<EarlierEnv>& earlier,
                                           Arithmetic arithmetic = Arithmetic::f32);

}  // namespace nf
