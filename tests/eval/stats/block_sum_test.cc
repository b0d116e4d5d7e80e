#include "eval/stats/block_sum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "eval/stats/mean_difference.h"
#include "eval/stats/mean_estimate.h"

namespace nf {
namespace {

/// The sum of `tokens` values that take turns, from the one at `first` on, and its bound.
BlockSum sum_of(const std::vector<double>& values, int tokens, int first = 0) {
  double sum = 0.0;
  for (int t = 0; t < tokens; ++t)
    sum += values[static_cast<std::size_t>(first + t) % values.size()];
  return {
      .tokens = static_cast<double>(tokens), .sum = sum, .rounding = rounding_of_sum(tokens, sum)};
}

const std::vector<double> kTokens = {0.1, 3.7, 0.003, 11.3, 1.0 / 3.0};

/// Blocks of the same tokens in other orders and numbers: one mean but for rounding.
BlockSums equal_blocks() {
  BlockSums blocks;
  for (int b = 0; b < 12; ++b) blocks.push_back(sum_of(kTokens, 500 + 500 * (b % 3), b));
  return blocks;
}

TEST(BlockSum, OfTheSameTokensAreEqual) {
  const BlockSums blocks = equal_blocks();
  bool same_bits = true;
  for (const BlockSum& block : blocks)
    same_bits = same_bits && block.sum / block.tokens == blocks[0].sum / blocks[0].tokens;
  EXPECT_FALSE(same_bits);
  EXPECT_TRUE(blocks_are_equal(blocks));
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  EXPECT_EQ(why_no_interval(estimate), "all 12 blocks are equal");
  EXPECT_EQ(estimate.se_text, 0.0);
  EXPECT_EQ(estimate.sd_text, 0.0);
  EXPECT_FALSE(interval_of(estimate));
  EXPECT_FALSE(p_value(estimate));
  EXPECT_EQ(differing_blocks(blocks), 0);
}

TEST(BlockSum, ThatDifferByMoreThanRoundingAreNotEqual) {
  for (const double factor : {1.0 + 1e-10, 1.0 - 1e-10, 2.0}) {
    BlockSums blocks = equal_blocks();
    blocks[5].sum *= factor;
    EXPECT_FALSE(blocks_are_equal(blocks)) << factor;
    const MeanEstimate estimate = estimate_mean({&blocks, 1});
    EXPECT_TRUE(interval_of(estimate)) << factor;
    EXPECT_EQ(differing_blocks(blocks), 1) << factor;
  }
  // Exact sums have no rounding to hide in.
  BlockSums counts(20, {.tokens = 1e9, .sum = -3.0});
  EXPECT_TRUE(blocks_are_equal(counts));
  counts[3].sum = -4.0;
  EXPECT_FALSE(blocks_are_equal(counts));
}

/// A difference of large sums is as uncertain as they are, however small it is.
TEST(BlockSum, OfADifferenceAreEqualUpToWhatWasSubtracted) {
  BlockSums first = equal_blocks(), second = first;
  for (std::size_t b = 0; b < second.size(); ++b) {
    second[b] = sum_of({0.2, 3.6, 0.003, 11.3, 1.0 / 3.0 + 1e-5}, static_cast<int>(first[b].tokens),
                       static_cast<int>(3 * b));
  }
  const MeanDifference difference = difference_of_pairs({&first, 1}, {&second, 1});
  EXPECT_NEAR(difference.mean.mean, 2e-6, 1e-12);
  EXPECT_EQ(why_no_interval(difference), "all 12 blocks are equal");
  EXPECT_FALSE(interval_of(difference));
  EXPECT_FALSE(p_value(difference));
  EXPECT_FALSE(detectable_difference(difference));
  const MeanDifference apart = difference_of_groups({&first, 1}, {&second, 1});
  EXPECT_EQ(why_no_interval(apart), "all 12 blocks are equal");
}

TEST(BlockSum, AreEqualInEachSeedThoughSeedsDiffer) {
  std::vector<BlockSums> seeds(3, equal_blocks());
  for (std::size_t s = 0; s < seeds.size(); ++s) {
    for (BlockSum& block : seeds[s]) {
      block.sum *= 1.0 + 0.1 * static_cast<double>(s);
      block.rounding *= 2.0;
    }
  }
  const MeanEstimate estimate = estimate_mean(seeds);
  EXPECT_EQ(why_no_interval(estimate), "all 12 blocks are equal");
  EXPECT_GT(estimate.sd_seed, 0.0);
}

TEST(BlockSum, OfARatioAreEqualUpToTheRoundingOfBothSums) {
  BlockSums ratios;
  for (int b = 0; b < 10; ++b)
    ratios.push_back(ratio_block(sum_of(kTokens, 500, b), sum_of(kTokens, 500, 2 * b)));
  EXPECT_TRUE(blocks_are_equal(ratios));
  EXPECT_EQ(ratio_block({}, {}).rounding, 0.0);
}

TEST(BlockSum, AddsItsPartsAndTheirRounding) {
  BlockSum block{.tokens = 2.0, .sum = 3.0, .rounding = 1e-10};
  block.add({.tokens = 1.0, .sum = -1.0, .rounding = 2e-10});
  EXPECT_EQ(block.tokens, 3.0);
  EXPECT_EQ(block.sum, 2.0);
  EXPECT_DOUBLE_EQ(block.rounding, 3e-10 + 2.0 * kUnitRoundoff);
}

}  // namespace
}  // namespace nf
