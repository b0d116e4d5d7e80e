#pragma once

#include <vector>

#include "core/base/types.h"

namespace nf::reference {

/// The least Σ w·(x − level)² of `count` levels: every end of the last run is tried, for every
/// number of runs. weights: empty, or all 0: all alike.
double least_kmeans_error(const std::vector<float>& values, const std::vector<double>& weights,
                          Index count);
/// Σ w·(x − nearest level)².
double error_of_levels(const std::vector<float>& values, const std::vector<double>& weights,
                       const std::vector<float>& levels);

}  // namespace nf::reference
