#include <gtest/gtest.h>

#include <algorithm>

#include "eval/metrics/metric_registry.h"

namespace nf {
namespace {

const WindowSums kSums = {.window = 2, .tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6};

Metric kl() {
  MetricRegistry registry;
  register_builtin_metrics(registry);
  const std::vector<Metric>& all = registry.metrics();
  return *std::find_if(all.begin(), all.end(),
                       [](const Metric& metric) { return metric.name == "kl"; });
}

TEST(Kl, IsTheMeanOverScoredTokens) {
  EXPECT_DOUBLE_EQ(kl().value(kSums), 0.0625);
  EXPECT_FALSE(kl().higher_is_better);
}

}  // namespace
}  // namespace nf
