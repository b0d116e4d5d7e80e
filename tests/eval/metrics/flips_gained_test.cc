#include <gtest/gtest.h>

#include <cmath>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

TEST(FlipsGained, AreAShareOfTheScoredTokens) {
  PartSums sums{.tokens = 8, .flips_gained = 2};
  const Metric metric = builtin_metrics().at("flips_gained");
  EXPECT_EQ(metric.value({.windows = 1, .sums = sums}), 0.25);
  sums.lacks_flips = true;  // a record of an earlier version
  EXPECT_TRUE(std::isnan(metric.value({.windows = 1, .sums = sums})));
}

}  // namespace
}  // namespace nf
