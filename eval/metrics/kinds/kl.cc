#include "eval/metrics/mean_metric.h"

namespace nf {

void register_kl(MetricRegistry& registry) {
  registry.add(mean_metric(
      "kl", 3, "mean KL(baseline‖trial) of the next-token distribution over the full vocabulary"));
}

}  // namespace nf
