#include <gtest/gtest.h>

#include <cmath>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

TEST(KlMax, IsTheGreatestKlToTheLastBit) {
  TextSums text{.windows = 1, .sums = {.tokens = 3}, .tail = KlTail()};
  for (const double kl : {0.1, 1.0 / 3.0, 0.2}) text.tail->add(kl);
  const Metric metric = builtin_metrics().at("kl_max");
  EXPECT_EQ(metric.value(text), 1.0 / 3.0);
  EXPECT_TRUE(std::isnan(metric.value(TextSums{.tail = KlTail()})));  // no token is scored
  text.tail.reset();
  EXPECT_TRUE(std::isnan(metric.value(text)));
}

}  // namespace
}  // namespace nf
