#include <gtest/gtest.h>

#include "eval/metrics/metric_registry.h"

namespace nf {
namespace {

TEST(KlReverse, IsTheMeanOverScoredTokens) {
  const Metric metric = MetricRegistry::builtin().at("kl_reverse");
  EXPECT_DOUBLE_EQ(
      metric.value({.windows = 2, .sums = {.tokens = 8, .kl = 0.5, .kl_reverse = 2.0}}), 0.25);
  EXPECT_FALSE(metric.higher_is_better);
}

}  // namespace
}  // namespace nf
