#include <gtest/gtest.h>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

const TextSums kText = {.windows = 2, .sums = {.tokens = 8, .nll = 20.0, .kl = 0.5, .top1 = 6}};

Metric top1_agreement() { return builtin_metrics().at("top1_agreement"); }

TEST(Top1Agreement, IsAShareOfScoredTokens) {
  EXPECT_DOUBLE_EQ(top1_agreement().value(kText), 0.75);
  EXPECT_TRUE(top1_agreement().higher_is_better);
}

}  // namespace
}  // namespace nf
