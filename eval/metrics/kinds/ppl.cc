#include <cmath>

#include "eval/metrics/metric_registry.h"

namespace nf {

void register_ppl(MetricRegistry& registry) {
  registry.add({.name = "ppl",
                .unit = "",
                .summary = "perplexity, e^nll, in the data's convention",
                .higher_is_better = false,
                .position = 2,
                .value = [](const TextSums& text) {
                  return std::exp(text.sums.nll / static_cast<double>(text.sums.tokens));
                }});
}

}  // namespace nf
