#include "eval/stats/mean_difference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "eval/stats/confidence_sequence.h"
#include "eval/stats/distributions.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

BlockSums row_of(const std::vector<double>& values) {
  BlockSums row;
  for (const double value : values) row.push_back({.tokens = 10.0, .sum = 10.0 * value});
  return row;
}

const BlockSums kFirst = row_of({1, 2, 3, 4, 5, 6, 7, 8});
const BlockSums kSecond = row_of({2, 2, 4, 4, 6, 6, 8, 8});  // minus the first: 1, 0, 1, 0, ...

TEST(MeanDifference, IsTheMeanOfTheDifferences) {
  const BlockSums minus = row_of({1, 0, 1, 0, 1, 0, 1, 0});
  const MeanEstimate mean = estimate_mean({&minus, 1});
  const MeanDifference difference = difference_of_pairs({&kFirst, 1}, {&kSecond, 1});
  EXPECT_EQ(difference.mean.mean, 0.5);
  EXPECT_EQ(difference.mean.se_text, mean.se_text);
  EXPECT_EQ(interval_of(difference)->low, interval_of(mean)->low);
  EXPECT_EQ(interval_of(difference)->high, interval_of(mean)->high);
  EXPECT_EQ(*p_value(difference), *p_value(mean));
}

TEST(MeanDifference, PairsASingleRowWithEach) {
  const std::vector<BlockSums> seeds = {row_of({2, 2, 4, 4, 6, 6, 8, 8}),
                                        row_of({3, 2, 5, 4, 7, 6, 9, 8})};
  const std::vector<BlockSums> minus = {row_of({1, 0, 1, 0, 1, 0, 1, 0}),
                                        row_of({2, 0, 2, 0, 2, 0, 2, 0})};
  const MeanEstimate mean = estimate_mean(minus);
  const MeanDifference difference = difference_of_pairs({&kFirst, 1}, seeds);
  EXPECT_EQ(difference.mean.mean, 0.75);
  EXPECT_EQ(difference.mean.seeds, 2);
  EXPECT_EQ(difference.mean.se_seed, mean.se_seed);
  EXPECT_GE(interval_of(difference)->high, interval_of(mean)->high);
  EXPECT_EQ(difference_of_pairs(seeds, {&kFirst, 1}).mean.mean, -0.75);
}

TEST(MeanDifference, OfEqualSeedsIsFreeOfWhatTheyShare) {
  const std::vector<BlockSums> first = {kFirst, row_of({5, 6, 7, 8, 9, 10, 11, 12})};
  const std::vector<BlockSums> second = {kSecond, row_of({6, 6, 8, 8, 10, 10, 12, 12})};
  EXPECT_EQ(difference_of_pairs(first, second).mean.se_seed, 0.0);
  const MeanDifference apart = difference_of_groups(first, second);
  EXPECT_EQ(apart.mean.mean, 0.5);
  EXPECT_EQ(apart.mean.se_text, difference_of_pairs(first, second).mean.se_text);
  EXPECT_GT(interval_of(apart)->high, 10.0);  // two seeds 4 apart, twice: t[1] = 12.7
}

/// Means of pairs 0.5 and 1, so their standard error is 0.25; with one degree of freedom.
TEST(MeanDifference, IsNeverSurerThanItsPairsAgree) {
  const std::vector<BlockSums> seeds = {row_of({2, 2, 4, 4, 6, 6, 8, 8}),
                                        row_of({3, 2, 5, 4, 7, 6, 9, 8})};
  const MeanDifference difference = difference_of_pairs({&kFirst, 1}, seeds);
  EXPECT_DOUBLE_EQ(difference.mean.se_rows, 0.25);
  constexpr double kRounding = 1e-12;
  const double reach = 0.25 * t_quantile(0.025, 1);
  EXPECT_NEAR(interval_of(difference)->high, 0.75 + reach, kRounding);
  EXPECT_NEAR(interval_of(difference)->low, 0.75 - reach, kRounding);
  EXPECT_NEAR(*detectable_difference(difference), reach + 0.25 * t_quantile(0.2, 1), kRounding);
}

TEST(MeanDifference, OfGroupsAddsTheErrorsOfBothSeeds) {
  const std::vector<BlockSums> first = {kFirst, row_of({2, 3, 4, 5, 6, 7, 8, 9})};
  const std::vector<BlockSums> second = {kSecond, row_of({4, 4, 6, 6, 8, 8, 10, 10}),
                                         row_of({3, 3, 5, 5, 7, 7, 9, 9})};
  const MeanDifference difference = difference_of_groups(first, second);
  const Interval text = *interval_of(difference.mean);
  const double seeds = std::hypot(t_quantile(0.025, 1) * estimate_mean(first).se_seed,
                                  t_quantile(0.025, 2) * estimate_mean(second).se_seed);
  constexpr double kRounding = 1e-12;
  EXPECT_NEAR(interval_of(difference)->high,
              difference.mean.mean + std::hypot(text.high - difference.mean.mean, seeds),
              kRounding);
}

TEST(MeanDifference, OfATrialAndItselfIsZeroWithoutAnInterval) {
  const std::vector<BlockSums> seeds = {kFirst, kSecond};
  const MeanDifference difference = difference_of_pairs(seeds, seeds);
  EXPECT_EQ(difference.mean.mean, 0.0);
  EXPECT_EQ(why_no_interval(difference), "all 8 blocks are equal");
  EXPECT_FALSE(interval_of(difference));
  EXPECT_FALSE(p_value(difference));
  EXPECT_FALSE(detectable_difference(difference));
}

TEST(MeanDifference, OfFewBlocksHasNoInterval) {
  const BlockSums first = row_of({1, 2, 3}), second = row_of({2, 2, 2});
  const MeanDifference difference = difference_of_groups({&first, 1}, {&second, 1});
  EXPECT_EQ(why_no_interval(difference), "needs 8 blocks, has 3");
  EXPECT_FALSE(interval_of(difference));
  EXPECT_FALSE(detectable_difference(difference));
}

TEST(MeanDifference, IsFoundWhereItSaysSo) {
  const MeanDifference difference = difference_of_pairs({&kFirst, 1}, {&kSecond, 1});
  constexpr double kRounding = 1e-12;
  EXPECT_NEAR(*detectable_difference(difference),
              (t_quantile(0.025, 7) + t_quantile(0.2, 7)) * difference.mean.se_text, kRounding);
  EXPECT_GT(*detectable_difference(difference, 0.01), *detectable_difference(difference));
}

TEST(MeanDifference, ThatWasWatchedHasTheIntervalOfASequence) {
  MeanDifference difference = difference_of_pairs({&kFirst, 1}, {&kSecond, 1});
  const double fixed = interval_of(difference)->high;
  difference.watched = true;
  const double half = kl_sequence_halfwidth(row_of({1, 0, 1, 0, 1, 0, 1, 0}));
  constexpr double kRounding = 1e-12;
  EXPECT_NEAR(interval_of(difference)->high, 0.5 + half, kRounding);
  EXPECT_GT(interval_of(difference)->high, fixed);
  EXPECT_GT(*p_value(difference), 0.05);
  EXPECT_GT(*detectable_difference(difference), half);
}

/// p falls below 0.05 exactly where the sequence leaves 0 out.
TEST(MeanDifference, OfASequenceHasAPThatAgreesWithIt) {
  SyntheticKl random(0.0, 0.0, 31);
  int out = 0;
  for (int run = 0; run < 50; ++run) {
    BlockSums second = row_of(std::vector<double>(20, 0.0)), first = second;
    for (BlockSum& block : second) block.sum = block.tokens * (0.9 + random.normal());
    MeanDifference difference = difference_of_pairs({&first, 1}, {&second, 1});
    difference.watched = true;
    const Interval interval = *interval_of(difference);
    const bool excludes_zero = interval.low > 0.0 || interval.high < 0.0;
    EXPECT_EQ(*p_value(difference) < 0.05, excludes_zero);
    out += excludes_zero ? 1 : 0;
  }
  EXPECT_GT(out, 10);
  EXPECT_LT(out, 50);
}

constexpr Index kRuns = 1000;
/// The least coverage of a nominal 95 %; a true 95 % falls below in 1 of 500 tests of 1,000 runs.
constexpr double kLeastCoverage = 0.93;

/// Two trials that share the text's effect (sd 1) and have effects of their own: of seeds, and of
/// seeds and blocks together.
struct Trials {
  Index blocks, first_seeds, second_seeds;
  double sd_seed, sd_rest;
};

constexpr double kTruth = 0.3;

bool holds_truth(const Interval& interval) {
  return interval.low <= kTruth && kTruth <= interval.high;
}

BlockSums with_effect(const BlockSums& text, double effect, double sd_rest, SyntheticKl& random) {
  BlockSums row = text;
  for (BlockSum& block : row)
    block.sum = block.tokens * (effect + block.sum + sd_rest * random.normal());
  return row;
}

void expect_coverage(const Trials& trials, bool shared_seeds) {
  SyntheticKl random(0.0, 0.0, 29);
  Index covered = 0, by_table = 0;
  for (Index run = 0; run < kRuns; ++run) {
    BlockSums text = random.blocks(trials.blocks);
    for (BlockSum& block : text) block.sum = random.normal();
    std::vector<BlockSums> first, second;
    std::vector<double> effects;
    for (Index s = 0; s < trials.first_seeds; ++s) {
      effects.push_back(trials.sd_seed * random.normal());
      first.push_back(with_effect(text, effects.back(), trials.sd_rest, random));
    }
    for (Index s = 0; s < trials.second_seeds; ++s) {
      // Equal draws: most of a seed's effect is the same in both.
      const double own = trials.sd_seed * random.normal();
      const double effect = shared_seeds ? effects[static_cast<std::size_t>(s)] + 0.3 * own : own;
      second.push_back(with_effect(text, kTruth + effect, trials.sd_rest, random));
    }
    const MeanDifference difference =
        shared_seeds ? difference_of_pairs(first, second) : difference_of_groups(first, second);
    covered += holds_truth(*interval_of(difference)) ? 1 : 0;
    MeanEstimate table = difference.mean;
    table.se_rows = 0.0;
    by_table += holds_truth(*interval_of(table)) ? 1 : 0;
  }
  const auto share = [](Index count) {
    return static_cast<double>(count) / static_cast<double>(kRuns);
  };
  fmt::print("{} against {} seeds of sd {}, {}: {:2} blocks: {:.3f}", trials.second_seeds,
             trials.first_seeds, trials.sd_seed, shared_seeds ? "shared" : "apart", trials.blocks,
             share(covered));
  if (shared_seeds) fmt::print(", by the two-way table alone {:.3f}", share(by_table));
  fmt::print("\n");
  EXPECT_GE(share(covered), kLeastCoverage);
}

/// The text drops out here, so with few seeds everything hangs on how the pairs differ.
TEST(DifferenceCoverage, HoldsOfPairedSeeds) {
  for (const Index seeds : {2, 3, 5})
    for (const Index blocks : {8, 64})
      for (const double sd_seed : {0.0, 0.5, 1.0})
        expect_coverage({blocks, seeds, seeds, sd_seed, 0.5}, true);
}

TEST(DifferenceCoverage, HoldsOfSeedsApart) {
  for (const Index seeds : {2, 3, 5})
    for (const Index blocks : {8, 64})
      for (const double sd_seed : {0.0, 0.1, 0.2, 1.0})
        expect_coverage({blocks, seeds, seeds, sd_seed, 0.5}, false);
  expect_coverage({16, 5, 2, 0.5, 0.5}, false);
}

/// KL of two trials over one text, both log-normal in tokens and blocks, which they share in part.
TEST(DifferenceCoverage, HoldsOfSkewedKl) {
  for (const Index blocks : {8, 16, 64}) {
    SyntheticKl common(1.5, 0.3, 37), own(1.5, 0.3, 41);
    Index covered = 0;
    for (Index run = 0; run < kRuns; ++run) {
      BlockSums first = common.blocks(blocks), second = first;
      for (BlockSum& block : second) {
        const BlockSum other = own.block();
        block.sum = 0.7 * block.sum + 0.3 * block.tokens * other.sum / other.tokens;
      }
      const Interval interval = *interval_of(difference_of_pairs({&first, 1}, {&second, 1}));
      covered += interval.low <= 0.0 && 0.0 <= interval.high ? 1 : 0;
    }
    const double share = static_cast<double>(covered) / static_cast<double>(kRuns);
    fmt::print("difference of KL: {:2} blocks: {:.3f}\n", blocks, share);
    EXPECT_GE(share, kLeastCoverage);
  }
}

/// Two equal trials, looked at after each block from the eighth on until the difference seems
/// certain: a fixed interval would be fooled, the sequence is not.
TEST(DifferenceCoverage, OfWatchedDifferencesHoldsWhereOneStops) {
  constexpr Index kMostBlocks = 100, kWatchedRuns = 200;
  SyntheticKl first(1.5, 0.3, 43), second(1.5, 0.3, 47);
  Index fooled = 0, fooled_fixed = 0;
  for (Index run = 0; run < kWatchedRuns; ++run) {
    BlockSums a = first.blocks(kMostBlocks), b = second.blocks(kMostBlocks);
    for (std::size_t i = 0; i < a.size(); ++i) {
      b[i].sum *= a[i].tokens / b[i].tokens;
      b[i].tokens = a[i].tokens;
    }
    bool out = false, out_fixed = false;
    for (std::size_t n = 8; n <= a.size(); n += 4) {
      const BlockSums seen_a(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n));
      const BlockSums seen_b(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(n));
      MeanDifference difference = difference_of_pairs({&seen_a, 1}, {&seen_b, 1});
      const auto leaves_zero_out = [&difference] {
        const Interval interval = *interval_of(difference);
        return interval.low > 0.0 || interval.high < 0.0;
      };
      out_fixed = out_fixed || leaves_zero_out();
      difference.watched = true;
      out = out || leaves_zero_out();
    }
    fooled += out ? 1 : 0;
    fooled_fixed += out_fixed ? 1 : 0;
  }
  fmt::print("watched difference of KL: {:.3f} wrong, with fixed intervals {:.3f}\n",
             static_cast<double>(fooled) / kWatchedRuns,
             static_cast<double>(fooled_fixed) / kWatchedRuns);
  EXPECT_LE(static_cast<double>(fooled) / kWatchedRuns, 0.1);  // 5 % and three standard errors
  EXPECT_GT(fooled_fixed, fooled);
}

}  // namespace
}  // namespace nf
