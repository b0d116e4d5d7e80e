#include <limits>

#include "eval/metrics/metric_registry.h"

namespace nf {

void register_kl_max(MetricRegistry& registry) {
  registry.add({.name = "kl_max",
                .unit = "nats",
                .summary = "the greatest KL(baseline‖trial) of a scored token",
                .higher_is_better = false,
                .position = 10,
                .value = [](const TextSums& text) {
                  if (!text.tail || text.sums.tokens == 0)
                    return std::numeric_limits<double>::quiet_NaN();
                  return text.tail->max;
                }});
}

}  // namespace nf
