#include <gtest/gtest.h>

#include <algorithm>

#include "eval/metrics/metric_registry.h"

namespace nf {
namespace {

const WindowSums kSums = {.window = 2, .tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6};

Metric top1_agreement() {
  MetricRegistry registry;
  register_builtin_metrics(registry);
  const std::vector<Metric>& all = registry.metrics();
  return *std::find_if(all.begin(), all.end(),
                       [](const Metric& metric) { return metric.name == "top1_agreement"; });
}

TEST(Top1Agreement, IsAShareOfScoredTokens) {
  EXPECT_DOUBLE_EQ(top1_agreement().value(kSums), 0.75);
  EXPECT_TRUE(top1_agreement().higher_is_better);
}

}  // namespace
}  // namespace nf
