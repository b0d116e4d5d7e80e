#include "eval/metrics/mean_metric.h"

namespace nf {

void register_nll(MetricRegistry& registry) {
  registry.add(mean_metric("nll", 1, "mean negative log-likelihood of the scored tokens"));
}

}  // namespace nf
