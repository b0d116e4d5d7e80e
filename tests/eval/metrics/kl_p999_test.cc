#include <gtest/gtest.h>

#include <cmath>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

TEST(KlP999, IsTheQuantileOfTheTokens) {
  TextSums text{.windows = 1, .sums = {.tokens = 2000}, .tail = KlTail()};
  for (int value = 1; value <= 2000; ++value) text.tail->add(1e-3 * value);
  const Metric metric = builtin_metrics().at("kl_p999");
  EXPECT_NEAR(metric.value(text), 2e-3 * 999, 0.011 * 2e-3 * 999);
  EXPECT_FALSE(metric.higher_is_better);
  text.tail.reset();  // a record of an earlier version
  EXPECT_TRUE(std::isnan(metric.value(text)));
}

}  // namespace
}  // namespace nf
