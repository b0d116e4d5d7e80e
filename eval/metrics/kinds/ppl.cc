#include <cmath>

#include "eval/metrics/metric_registry.h"

namespace nf {

void register_ppl(MetricRegistry& registry) {
  registry.add({.name = "ppl",
                .unit = "",
                .summary = "perplexity, e^nll, in the data's convention",
                .higher_is_better = false,
                .position = 2,
                .value = [](const WindowSums& sums) {
                  return std::exp(sums.nll / static_cast<double>(sums.tokens));
                }});
}

}  // namespace nf
