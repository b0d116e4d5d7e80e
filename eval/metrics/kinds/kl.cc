#include "eval/metrics/metric_registry.h"

namespace nf {

void register_kl(MetricRegistry& registry) {
  registry.add(
      {.name = "kl",
       .unit = "nats per token",
       .summary = "mean KL(baseline‖trial) of the next-token distribution over the full vocabulary",
       .higher_is_better = false,
       .position = 3,
       .value = [](const TextSums& text) {
         return text.sums.kl / static_cast<double>(text.sums.tokens);
       }});
}

}  // namespace nf
