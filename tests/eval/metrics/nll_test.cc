#include <gtest/gtest.h>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

const TextSums kText = {.windows = 2, .sums = {.tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6}};

Metric nll() { return builtin_metrics().at("nll"); }

TEST(Nll, IsTheMeanOverScoredTokens) {
  EXPECT_DOUBLE_EQ(nll().value(kText), 2.5);
  EXPECT_FALSE(nll().higher_is_better);
}

}  // namespace
}  // namespace nf
