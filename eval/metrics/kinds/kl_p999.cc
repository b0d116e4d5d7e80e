#include "eval/metrics/tail_metric.h"

namespace nf {

void register_kl_p999(MetricRegistry& registry) {
  registry.add(kl_quantile_metric("kl_p999", 999, 9));
}

}  // namespace nf
