#include "eval/stats/confidence_sequence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

TEST(ConfidenceSequence, SaysNothingOfFewBlocks) {
  EXPECT_TRUE(std::isinf(kl_sequence_halfwidth(SyntheticKl(1.5, 0.3, 1).blocks(7))));
  EXPECT_TRUE(std::isinf(kl_sequence_halfwidth({})));
  EXPECT_TRUE(std::isfinite(kl_sequence_halfwidth(SyntheticKl(1.5, 0.3, 1).blocks(8))));
}

/// 64 blocks at ±1 (no skewness), by hand: ρ² = (5.99146 + log 6.99146)/128 = 0.0620012, nρ² + 1 =
/// 4.96808, √(2·4.96808/(64²·0.0620012)·log(√4.96808/0.05)) = 0.385446; times t[63](99.9 %)/z(99.9
/// %) = 3.22471/3.09023 and σ = √(64/63).
TEST(ConfidenceSequence, IsTheFormula) {
  BlockSums blocks;
  for (int b = 0; b < 64; ++b) blocks.push_back({.tokens = 1.0, .sum = b % 2 == 0 ? 1.0 : -1.0});
  constexpr double kDigitsAbove = 1e-4;
  EXPECT_NEAR(kl_sequence_halfwidth(blocks), 0.385446 * 3.22471 / 3.09023 * std::sqrt(64.0 / 63.0),
              kDigitsAbove);
}

TEST(ConfidenceSequence, IsWiderThanAnIntervalAtOneMoment) {
  const BlockSums blocks = SyntheticKl(1.5, 0.3, 2).blocks(100);
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  EXPECT_GT(kl_sequence_halfwidth(blocks), interval_of(estimate)->high - estimate.mean);
}

TEST(ConfidenceSequence, NarrowsAsTextIsRead) {
  const BlockSums blocks = SyntheticKl(1.5, 0.3, 3).blocks(400);
  EXPECT_LT(kl_sequence_halfwidth(blocks), 0.5 * kl_sequence_halfwidth({blocks.data(), 50}));
}

TEST(ConfidenceSequence, IsZeroWhereAllBlocksAreEqual) {
  EXPECT_EQ(kl_sequence_halfwidth(BlockSums(8, {.tokens = 2.0, .sum = 0.0})), 0.0);
}

}  // namespace
}  // namespace nf
