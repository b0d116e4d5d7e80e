#include "eval/metrics/tail_metric.h"

namespace nf {

void register_kl_p50(MetricRegistry& registry) {
  registry.add(kl_quantile_metric("kl_p50", 500, 7));
}

}  // namespace nf
