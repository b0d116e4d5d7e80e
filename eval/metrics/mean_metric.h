#pragma once

#include <string>

#include "eval/metrics/metric_registry.h"

namespace nf {

/// The metric that is the mean over scored tokens of the figure of summed_figures() with that mean.
/// Name, unit and direction are the figure's. Not a number where no token is scored, or the sum
/// of some window is not known.
Metric mean_metric(const std::string& mean, int position, const std::string& summary);

}  // namespace nf
