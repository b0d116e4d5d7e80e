#include "eval/metrics/metric_registry.h"

namespace nf {

void register_kl_reverse(MetricRegistry& registry) {
  registry.add(
      {.name = "kl_reverse",
       .unit = "nats per token",
       .summary = "mean KL(trial‖baseline) of the next-token distribution over the full vocabulary",
       .higher_is_better = false,
       .position = 4,
       .value = [](const TextSums& text) {
         return text.sums.kl_reverse / static_cast<double>(text.sums.tokens);
       }});
}

}  // namespace nf
