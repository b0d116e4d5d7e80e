#include "eval/stats/mean_ratio.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eval/stats/distributions.h"
#include "tests/support/ratio_trials.h"

namespace nf {
namespace {

BlockSums row_of(const std::vector<double>& values) {
  BlockSums row;
  for (const double value : values) row.push_back({.tokens = 10.0, .sum = 10.0 * value});
  return row;
}

const BlockSums kFirst = row_of({1, 2, 3, 4, 5, 6, 7, 8});
const BlockSums kSecond = row_of({2.5, 3.5, 6.5, 7.5, 10.5, 11.5, 14.5, 15.5});

TEST(MeanRatio, IsTheRatioOfTheMeans) {
  EXPECT_DOUBLE_EQ(*ratio_of_means({{kFirst}, {kSecond}}).ratio, 72.0 / 36.0);
  EXPECT_DOUBLE_EQ(*ratio_of_means({{kSecond}, {kFirst}}).ratio, 0.5);
}

/// Its ends are where the difference to so many times the first could just be 0.
TEST(MeanRatio, HasTheEndsOfFieller) {
  const RatioRows rows{{kFirst}, {kSecond}};
  const Interval interval = *ratio_of_means(rows).interval;
  constexpr double kRounding = 1e-9;
  EXPECT_LT(interval.low, 2.0);
  EXPECT_GT(interval.high, 2.0);
  EXPECT_NEAR(interval_of(difference_at(rows, interval.low))->low, 0.0, kRounding);
  EXPECT_NEAR(interval_of(difference_at(rows, interval.high))->high, 0.0, kRounding);
}

TEST(MeanRatio, OfTheTwoExchangedHasTheEndsExchanged) {
  const Interval there = *ratio_of_means({{kFirst}, {kSecond}}).interval;
  const Interval back = *ratio_of_means({{kSecond}, {kFirst}}).interval;
  EXPECT_NEAR(back.low, 1.0 / there.high, 1e-9);
  EXPECT_NEAR(back.high, 1.0 / there.low, 1e-9);
}

TEST(MeanRatio, LeavesOneOutWhereTheDifferenceLeavesZeroOut) {
  RatioTrials trials(1.5, 0.3);
  int out = 0;
  for (int run = 0; run < 100; ++run) {
    const RatioRows rows = trials.rows(1.1, 16);
    const Interval ratio = *ratio_of_means(rows).interval;
    const Interval difference = *interval_of(difference_at(rows, 1.0));
    const bool excludes_one = ratio.low > 1.0 || ratio.high < 1.0;
    EXPECT_EQ(excludes_one, difference.low > 0.0 || difference.high < 0.0);
    out += excludes_one ? 1 : 0;
  }
  EXPECT_GT(out, 5);
  EXPECT_LT(out, 95);
}

TEST(MeanRatio, SaysWhyItHasNoInterval) {
  const BlockSums zero = row_of({0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(ratio_of_means({{zero}, {kFirst}}).ratio);
  EXPECT_EQ(ratio_of_means({{zero}, {kFirst}}).note, "the mean it is divided by is 0");
  EXPECT_EQ(*ratio_of_means({{kFirst}, {zero}}).ratio, 0.0);
  EXPECT_EQ(ratio_of_means({{row_of({1, 2})}, {row_of({2, 1})}}).note, "needs 8 blocks, has 2");
  const BlockSums odd = row_of({0, 0, 0, 0, 0, 0, 0, 9});
  EXPECT_EQ(ratio_of_means({{odd}, {kFirst}}).note,
            "the mean it is divided by cannot be told from 0");
  EXPECT_EQ(ratio_of_means({{kFirst}, {odd}}).interval->low, 0.0);
}

TEST(MeanRatio, OfAMultipleIsThatAlone) {
  BlockSums twice = kFirst;
  for (BlockSum& block : twice) block.sum *= 2.0;
  const MeanRatio ratio = ratio_of_means({{kFirst}, {twice}});
  EXPECT_DOUBLE_EQ(*ratio.ratio, 2.0);
  EXPECT_NEAR(ratio.interval->low, 2.0, 1e-9);
  EXPECT_NEAR(ratio.interval->high, 2.0, 1e-9);
}

/// The least coverage of a nominal 95 %; a true 95 % falls below in 1 of 500 tests of 1,000 runs.
constexpr double kLeastCoverage = 0.93;
constexpr Index kRuns = 1000;

double share_of(Index count) { return static_cast<double>(count) / static_cast<double>(kRuns); }

TEST(RatioCoverage, HoldsOfSkewedKl) {
  constexpr double kRatio = 2.0;
  for (const auto& [sigma, tau] : {std::pair(1.5, 0.3), std::pair(1.5, 0.6), std::pair(2.0, 0.3)}) {
    const RatioTrials begin(sigma, tau);
    for (const Index blocks : {8, 16, 64}) {
      RatioTrials trials = begin;
      Index covered = 0;
      for (Index run = 0; run < kRuns; ++run) {
        const auto interval = ratio_of_means(trials.rows(kRatio, blocks)).interval;
        // Without an upper end no large ratio is spoken against.
        covered += !interval || (interval->low <= kRatio && kRatio <= interval->high) ? 1 : 0;
      }
      fmt::print("ratio of KL, ({}, {}): {:2} blocks: {:.3f}\n", sigma, tau, blocks,
                 share_of(covered));
      EXPECT_GE(share_of(covered), kLeastCoverage);
    }
  }
}

/// Runs whose interval holds the true ratio: those where the difference to so many times the first
/// holds 0.
double coverage(RatioTrials trials, const RatioCase& kind, Index blocks) {
  constexpr double kRatio = 2.0;
  Index covered = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const RatioRows rows = trials.rows(kRatio, blocks, kind);
    const Interval interval = *interval_of(difference_at(rows, kRatio));
    covered += interval.low <= 0.0 && 0.0 <= interval.high ? 1 : 0;
  }
  return share_of(covered);
}

TEST(RatioCoverage, HoldsOfSeeds) {
  const RatioTrials trials(1.5, 0.3);
  for (const bool apart : {false, true}) {
    for (const Index seeds : {2, 3, 5}) {
      for (const double sd_seed : {0.0, 0.05, 0.3}) {
        const RatioCase kind{.seeds = seeds, .sd_seed = sd_seed, .apart = apart};
        const double share = std::min(coverage(trials, kind, 8), coverage(trials, kind, 64));
        fmt::print("ratio of KL, {} seeds of sd {}, {}: {:.3f}\n", seeds, sd_seed,
                   apart ? "apart" : "paired", share);
        EXPECT_GE(share, kLeastCoverage);
      }
    }
  }
}

}  // namespace
}  // namespace nf
