#include "eval/metrics/metric_registry.h"

#include <algorithm>
#include <tuple>

#include "core/base/check.h"

namespace nf {

void MetricRegistry::add(Metric metric) {
  for (const Metric& known : metrics_)
    NF_CHECK(known.name != metric.name, "metric {} registered twice", metric.name);
  const auto place = std::upper_bound(
      metrics_.begin(), metrics_.end(), metric, [](const Metric& a, const Metric& b) {
        return std::tie(a.position, a.name) < std::tie(b.position, b.name);
      });
  metrics_.insert(place, std::move(metric));
}

const Metric& MetricRegistry::at(std::string_view name) const {
  const auto found = std::find_if(metrics_.begin(), metrics_.end(),
                                  [name](const Metric& metric) { return metric.name == name; });
  NF_CHECK(found != metrics_.end(), "no metric {}", name);
  return *found;
}

}  // namespace nf
