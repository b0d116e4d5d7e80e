#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/experiment/experiment.h"
#include "eval/results/results.h"

namespace nf {

/// A KL below that many floors is told of where the arithmetic is coarser than f32.
inline constexpr double kFloorsToTell = 20.0;

/// Throws ConfigError where this machine does not have the experiment's arithmetic.
void check_arithmetic(const Experiment& experiment);
/// The same of an arithmetic. place: of who asks, before the cause.
void check_arithmetic(Arithmetic arithmetic, const std::string& place);

/// A line for each model with trials whose KL is below kFloorsToTell floors, where the results are
/// not in f32. env: of their records.
std::vector<std::string> floor_warnings(const Json& env, const std::vector<ResultRow>& rows);

}  // namespace nf
