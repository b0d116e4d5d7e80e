#include "eval/metrics/tail_metric.h"

namespace nf {

void register_kl_p99(MetricRegistry& registry) {
  registry.add(kl_quantile_metric("kl_p99", 990, 8));
}

}  // namespace nf
