#include <gtest/gtest.h>

#include <algorithm>

#include "eval/metrics/metric_registry.h"

namespace nf {
namespace {

const WindowSums kSums = {.window = 2, .tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6};

Metric nll() {
  MetricRegistry registry;
  register_builtin_metrics(registry);
  const std::vector<Metric>& all = registry.metrics();
  return *std::find_if(all.begin(), all.end(),
                       [](const Metric& metric) { return metric.name == "nll"; });
}

TEST(Nll, IsTheMeanOverScoredTokens) {
  EXPECT_DOUBLE_EQ(nll().value(kSums), 2.5);
  EXPECT_FALSE(nll().higher_is_better);
}

}  // namespace
}  // namespace nf
