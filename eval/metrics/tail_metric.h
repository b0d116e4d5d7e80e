#pragma once

#include <string>

#include "eval/metrics/metric_registry.h"

namespace nf {

/// The quantile per_mille / 1000 of KL over scored tokens, within 1.1 %. Not a number where no
/// token is scored, or the spread of KL in some window is not known.
Metric kl_quantile_metric(const std::string& name, Index per_mille, int position);

}  // namespace nf
