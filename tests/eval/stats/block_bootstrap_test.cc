#include "eval/stats/block_bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random/philox.h"
#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

TEST(BlockBootstrap, AgreesWithTheAnalyticIntervalWithoutSkewness) {
  constexpr double kResampling = 0.1;  // relative; 2,000 replicates know a 97.5 % quantile to 4 %
  const BlockSums blocks = SyntheticKl(0.0, 0.1, 11).blocks(64);
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  const Interval analytic = *interval_of(estimate);
  const Interval resampled = *BlockBootstrap(64).interval(blocks);
  const double half = analytic.high - estimate.mean;
  EXPECT_NEAR(resampled.high, analytic.high, kResampling * half);
  EXPECT_NEAR(resampled.low, analytic.low, kResampling * half);
}

/// The same as loops, from the definition.
TEST(BlockBootstrap, DrawsAsDocumented) {
  constexpr Index kBlocks = 9;
  const BlockSums blocks = SyntheticKl(1.5, 0.6, 12).blocks(kBlocks);
  const MeanEstimate whole = estimate_mean({&blocks, 1});
  std::vector<double> errors;
  for (std::uint64_t replicate = 0; replicate < kReplicates; ++replicate) {
    BlockSums drawn;
    for (std::uint64_t draw = 0; draw < kBlocks; ++draw) {
      const std::uint64_t upper = element_block(draw, kBootstrapKey, replicate)[1];
      drawn.push_back(blocks[(upper * kBlocks) >> 32]);
    }
    const MeanEstimate mean = estimate_mean({&drawn, 1});
    errors.push_back((mean.mean - whole.mean) / std::max(mean.se_text, 0.1 * whole.se_text));
  }
  std::sort(errors.begin(), errors.end());
  // 2.5 % of 2,001 lies between the 50th and the 51st.
  const double low_error = errors[49] + 0.025 * (errors[50] - errors[49]);
  const double expected = whole.mean - low_error * whole.se_text;
  constexpr double kRounding = 1e-9;
  EXPECT_NEAR(BlockBootstrap(kBlocks).interval(blocks)->high, expected, kRounding);
}

/// Figures that share their tokens are resampled up to seven at a time; others, and those left
/// over, by themselves.
TEST(BlockBootstrap, HasTheSameIntervalsOfSeveralFiguresAsOfEach) {
  constexpr Index kBlocks = 24;
  std::vector<BlockSums> figures;
  for (unsigned seed = 1; seed <= 11; ++seed)
    figures.push_back(SyntheticKl(1.5, 0.6, seed).blocks(kBlocks));
  figures[1][3].tokens += 1.0;
  figures[3] = BlockSums(kBlocks, {.tokens = 2.0, .sum = 3.0});  // all equal: none
  const BlockBootstrap bootstrap(kBlocks);
  const auto intervals = bootstrap.intervals(figures);
  ASSERT_EQ(intervals.size(), figures.size());
  EXPECT_FALSE(intervals[3]);
  for (std::size_t f = 0; f < figures.size(); ++f) {
    if (f == 3) continue;
    const auto alone = bootstrap.interval(figures[f]);
    EXPECT_EQ(intervals[f]->low, alone->low) << f;
    EXPECT_EQ(intervals[f]->high, alone->high) << f;
  }
}

TEST(BlockBootstrap, HasNoIntervalOfEqualBlocks) {
  EXPECT_FALSE(BlockBootstrap(8).interval(BlockSums(8, {.tokens = 2.0, .sum = 3.0})));
}

/// A replicate in 20 misses three questions of 200: without a bound that made ten errors of it.
TEST(BlockBootstrap, ReachesNoFurtherThanTheAnalyticIntervalMayWhereFewBlocksDiffer) {
  constexpr double kRounding = 1e-12;
  const BlockBootstrap bootstrap(200);
  for (const std::size_t losses : {1u, 2u, 3u, 5u}) {
    BlockSums questions(200, {.tokens = 1.0, .sum = 0.0});
    for (std::size_t i = 0; i < losses; ++i) questions[17 + 31 * i].sum = -1.0;
    const MeanEstimate estimate = estimate_mean({&questions, 1});
    const double half = t_quantile(0.025, 199.0) * estimate.se_text;
    const Interval interval = *bootstrap.interval(questions);
    EXPECT_LT(interval.low, estimate.mean - 1.2 * half) << losses;
    EXPECT_GE(interval.low, estimate.mean - 2.0 * half - kRounding) << losses;
    EXPECT_NEAR(interval.high, estimate.mean + half, kRounding) << losses;
  }
}

TEST(BlockBootstrap, KeepsNeighboursOfLongTextsTogether) {
  const BlockSums blocks = SyntheticKl(0.0, 0.1, 13).blocks(1300);
  BlockSums triples(434);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    triples[b / 3].tokens += blocks[b].tokens;
    triples[b / 3].sum += blocks[b].sum;
  }
  const Interval joined = *BlockBootstrap(1300).interval(blocks);
  const Interval expected = *BlockBootstrap(434).interval(triples);
  EXPECT_EQ(joined.low, expected.low);
  EXPECT_EQ(joined.high, expected.high);
}

}  // namespace
}  // namespace nf
