#include "eval/metrics/mean_metric.h"

namespace nf {

void register_flips_gained(MetricRegistry& registry) {
  registry.add(mean_metric("flips_gained", 12,
                           "how often the trial finds the scored token most probable and the "
                           "baseline does not"));
}

}  // namespace nf
