#include <gtest/gtest.h>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

TEST(KlReverse, IsTheMeanOverScoredTokens) {
  const Metric& metric = builtin_metrics().at("kl_reverse");
  EXPECT_DOUBLE_EQ(
      metric.value({.windows = 2, .sums = {.tokens = 8, .kl = 0.5, .kl_reverse = 2.0}}), 0.25);
  EXPECT_FALSE(metric.higher_is_better);
}

}  // namespace
}  // namespace nf
