#include <gtest/gtest.h>

#include <cmath>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

const TextSums kText = {.windows = 2, .sums = {.tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6}};

Metric ppl() { return builtin_metrics().at("ppl"); }

TEST(Ppl, IsTheExponentialOfTheMeanNll) {
  EXPECT_DOUBLE_EQ(ppl().value(kText), std::exp(2.5));
  EXPECT_FALSE(ppl().higher_is_better);
}

}  // namespace
}  // namespace nf
