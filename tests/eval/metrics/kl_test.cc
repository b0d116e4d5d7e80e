#include <gtest/gtest.h>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

const TextSums kText = {.windows = 2, .sums = {.tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6}};

Metric kl() { return builtin_metrics().at("kl"); }

TEST(Kl, IsTheMeanOverScoredTokens) {
  EXPECT_DOUBLE_EQ(kl().value(kText), 0.0625);
  EXPECT_FALSE(kl().higher_is_better);
}

}  // namespace
}  // namespace nf
