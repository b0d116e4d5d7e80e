#include "eval/metrics/mean_metric.h"

namespace nf {

void register_kl_reverse(MetricRegistry& registry) {
  registry.add(mean_metric(
      "kl_reverse", 4,
      "mean KL(trial‖baseline) of the next-token distribution over the full vocabulary"));
}

}  // namespace nf
