#include "eval/metrics/tail_metric.h"

#include <fmt/format.h>

#include <limits>

namespace nf {

Metric kl_quantile_metric(const std::string& name, Index per_mille, int position) {
  constexpr double kPercentOfPerMille = 0.1;
  return {
      .name = name,
      .unit = "nats",
      .summary = fmt::format("the KL(baseline‖trial) that {:g} % of the scored tokens stay within",
                             kPercentOfPerMille * static_cast<double>(per_mille)),
      .higher_is_better = false,
      .position = position,
      .value = [per_mille](const TextSums& text) {
        return text.tail ? text.tail->histogram.quantile(per_mille)
                         : std::numeric_limits<double>::quiet_NaN();
      }};
}

}  // namespace nf
