#include "eval/metrics/metric_registry.h"

namespace nf {

void register_nll(MetricRegistry& registry) {
  registry.add({.name = "nll",
                .unit = "nats per token",
                .summary = "mean negative log-likelihood of the scored tokens",
                .higher_is_better = false,
                .position = 1,
                .value = [](const TextSums& text) {
                  return text.sums.nll / static_cast<double>(text.sums.tokens);
                }});
}

}  // namespace nf
