#include "eval/metrics/metric_registry.h"

#include "core/base/check.h"

namespace nf {

void MetricRegistry::add(Metric metric) {
  for (const Metric& known : metrics_)
    NF_CHECK(known.name != metric.name, "metric {} registered twice", metric.name);
  metrics_.push_back(std::move(metric));
}

}  // namespace nf
