#include "eval/stats/log_ratio.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(LogRatio, IsTheRatioOfTheMeans) {
  EXPECT_DOUBLE_EQ(*log_ratio_of_means({{kFirst}, {kSecond}}).ratio, 72.0 / 36.0);
  EXPECT_DOUBLE_EQ(*log_ratio_of_means({{kSecond}, {kFirst}}).ratio, 0.5);
}

/// Blocks without skewness: the reach is t times the standard error of the residuals
/// r = second/9 - first/4.5, block by block.
TEST(LogRatio, HasTheErrorOfTheLinearisedResiduals) {
  double squares = 0.0;
  for (std::size_t b = 0; b < kFirst.size(); ++b) {
    const double residual = kSecond[b].sum / 90.0 - kFirst[b].sum / 45.0;
    squares += residual * residual;
  }
  const double se = std::sqrt(squares / (8.0 * 7.0));
  const Interval interval = *log_ratio_of_means({{kFirst}, {kSecond}}).interval;
  constexpr double kRounding = 1e-9;
  EXPECT_NEAR(std::log(interval.high), std::log(2.0) + t_quantile(0.025, 7.0) * se, kRounding);
  EXPECT_NEAR(std::log(interval.low), std::log(2.0) - t_quantile(0.025, 7.0) * se, kRounding);
}

TEST(LogRatio, OfTheTwoExchangedHasTheEndsExchanged) {
  const LogRatio there = log_ratio_of_means({{kFirst}, {kSecond}});
  const LogRatio back = log_ratio_of_means({{kSecond}, {kFirst}});
  EXPECT_NEAR(back.interval->low, 1.0 / there.interval->high, 1e-9);
  EXPECT_NEAR(back.interval->high, 1.0 / there.interval->low, 1e-9);
  EXPECT_NEAR(*back.p, *there.p, 1e-9);
}

TEST(LogRatio, IsTestedByItsInterval) {
  RatioTrials trials(1.5, 0.3);
  int out = 0;
  for (int run = 0; run < 100; ++run) {
    const LogRatio ratio = log_ratio_of_means(trials.rows(1.1, 16));
    const bool excludes_one = ratio.interval->low > 1.0 || ratio.interval->high < 1.0;
    EXPECT_EQ(excludes_one, *ratio.p < 0.05);
    out += excludes_one ? 1 : 0;
  }
  EXPECT_GT(out, 5);
  EXPECT_LT(out, 95);
}

TEST(LogRatio, SaysWhyItHasNoInterval) {
  const BlockSums zero = row_of({0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(log_ratio_of_means({{zero}, {kFirst}}).ratio);
  EXPECT_EQ(log_ratio_of_means({{zero}, {kFirst}}).note, "the mean it is divided by is 0");
  EXPECT_EQ(log_ratio_of_means({{kFirst}, {zero}}).note, "the mean is 0");
  const LogRatio few = log_ratio_of_means({{row_of({1, 2})}, {row_of({2, 4.5})}});
  EXPECT_DOUBLE_EQ(*few.ratio, 6.5 / 3.0);
  EXPECT_FALSE(few.interval);
  EXPECT_FALSE(few.p);
  EXPECT_EQ(few.note, "needs 8 blocks, has 2");
}

/// The least coverage of a nominal 95 %; a true 95 % falls below in 1 of 500 tests of 1,000 runs.
constexpr double kLeastCoverage = 0.93;
constexpr Index kRuns = 1000;
constexpr double kRatio = 2.0;

double coverage(RatioTrials trials, Index blocks, const RatioCase& kind = {}) {
  Index covered = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const auto interval = log_ratio_of_means(trials.rows(kRatio, blocks, kind)).interval;
    covered += interval && interval->low <= kRatio && kRatio <= interval->high ? 1 : 0;
  }
  return static_cast<double>(covered) / static_cast<double>(kRuns);
}

TEST(LogRatioCoverage, HoldsOfSkewedKl) {
  for (const auto& [sigma, tau] : {std::pair(1.5, 0.3), std::pair(1.5, 0.6), std::pair(2.0, 0.3)}) {
    for (const Index blocks : {8, 16, 64}) {
      const double share = coverage(RatioTrials(sigma, tau), blocks);
      fmt::print("log ratio of KL, ({}, {}): {:2} blocks: {:.3f}\n", sigma, tau, blocks, share);
      EXPECT_GE(share, kLeastCoverage);
    }
  }
}

TEST(LogRatioCoverage, HoldsOfSeeds) {
  const RatioTrials trials(1.5, 0.3);
  for (const bool apart : {false, true}) {
    for (const Index seeds : {2, 3, 5}) {
      for (const double sd_seed : {0.0, 0.05, 0.3}) {
        const RatioCase kind{.seeds = seeds, .sd_seed = sd_seed, .apart = apart};
        const double share = std::min(coverage(trials, 8, kind), coverage(trials, 64, kind));
        fmt::print("log ratio of KL, {} seeds of sd {}, {}: {:.3f}\n", seeds, sd_seed,
                   apart ? "apart" : "paired", share);
        EXPECT_GE(share, kLeastCoverage);
      }
    }
  }
}

/// A trial that draws nothing against a twin with seeds.
TEST(LogRatioCoverage, HoldsWhereOneOfTheTwoDraws) {
  for (const Index seeds : {3, 5}) {
    for (const Index blocks : {8, 64}) {
      RatioTrials trials(1.5, 0.3);
      Index covered = 0;
      for (Index run = 0; run < kRuns; ++run) {
        const auto interval =
            log_ratio_of_means(trials.one_against_seeds(kRatio, blocks, seeds, 0.1)).interval;
        covered += interval && interval->low <= kRatio && kRatio <= interval->high ? 1 : 0;
      }
      const double share = static_cast<double>(covered) / static_cast<double>(kRuns);
      fmt::print("log ratio of KL, one against {} seeds of sd 0.1: {:2} blocks: {:.3f}\n", seeds,
                 blocks, share);
      EXPECT_GE(share, kLeastCoverage);
    }
  }
}

}  // namespace
}  // namespace nf
