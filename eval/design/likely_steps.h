#pragma once

#include <vector>

#include "eval/design/bisect_config.h"

namespace nf {

/// The share of searches of these settings that take a first step, a second, and so on, at most
/// max_steps: of searches with the target at many places of the range, on curves as KL and ΔNLL
/// have them over the size of a distortion, powers of it from 1.5 to 2.5 that flatten above 1 nat.
std::vector<double> likely_steps(const BisectConfig& config);

}  // namespace nf
