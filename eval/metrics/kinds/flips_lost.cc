#include "eval/metrics/mean_metric.h"

namespace nf {

void register_flips_lost(MetricRegistry& registry) {
  registry.add(mean_metric("flips_lost", 11,
                           "how often the baseline finds the scored token most probable and the "
                           "trial does not"));
}

}  // namespace nf
