#include "eval/stats/equivalence.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/ratio_trials.h"

namespace nf {
namespace {

constexpr double kShare = 0.05, kLevel = 0.05;

BlockSums row_of(const std::vector<double>& values) {
  BlockSums row;
  for (const double value : values) row.push_back({.tokens = 10.0, .sum = 10.0 * value});
  return row;
}

const BlockSums kFirst = row_of({1, 2, 3, 4, 5, 6, 7, 8});

BlockSums times(BlockSums row, double factor, double scatter) {
  for (std::size_t b = 0; b < row.size(); ++b)
    row[b].sum *= factor * (1.0 + (b % 2 == 0 ? scatter : -scatter));
  return row;
}

TEST(Equivalence, IsShownWhereTheIntervalLiesWithin) {
  for (const double factor : {0.9, 0.96, 1.0, 1.03, 1.045, 1.06, 1.2}) {
    const RatioRows rows{{kFirst}, {times(kFirst, factor, 0.01)}};
    const EquivalenceTest test = *equivalence_of_ratio(rows, kShare);
    const Interval ninety = *ratio_of_means(rows, 0.05).interval;
    const Interval ninety_five = *ratio_of_means(rows, 0.025).interval;
    EXPECT_EQ(test.p_same<kLevel, ninety.low> 1.0 / 1.05 && ninety.high < 1.05) << factor;
    EXPECT_EQ(test.p_different<kLevel, ninety_five.low> 1.05 || ninety_five.high < 1.0 / 1.05)
        << factor;
    EXPECT_GT(std::max(test.p_same, test.p_different), kLevel) << "never both";
  }
}

TEST(Equivalence, IsTheSameWhicheverComesFirst) {
  const BlockSums second = times(kFirst, 1.03, 0.02);
  const EquivalenceTest there = *equivalence_of_ratio({{kFirst}, {second}}, kShare);
  const EquivalenceTest back = *equivalence_of_ratio({{second}, {kFirst}}, kShare);
  EXPECT_NEAR(there.p_same, back.p_same, 1e-9);
  EXPECT_NEAR(there.p_different, back.p_different, 1e-9);
}

TEST(Equivalence, OfADifferenceHasItsMarginInTheFiguresUnit) {
  const BlockSums second = row_of({1.1, 2.0, 3.1, 4.0, 5.1, 6.0, 7.1, 8.0});  // 0.05 more
  const MeanDifference difference = difference_of_pairs({&kFirst, 1}, {&second, 1});
  const double high = interval_of(difference, kLevel)->high;
  EXPECT_NEAR(equivalence_of_difference(difference, high)->p_same, kLevel, 1e-9);
  EXPECT_LT(equivalence_of_difference(difference, 2.0 * high)->p_same, kLevel);
  EXPECT_GT(equivalence_of_difference(difference, 0.9 * high)->p_same, kLevel);
  const double low = interval_of(difference, 0.025)->low;
  ASSERT_GT(low, 0.0);
  EXPECT_NEAR(equivalence_of_difference(difference, low)->p_different, 0.05, 1e-9);
}

TEST(Equivalence, IsUnknownWithoutAnInterval) {
  EXPECT_FALSE(equivalence_of_ratio({{row_of({1, 2})}, {row_of({1, 2})}}, kShare));
}

/// Runs in which something untrue is shown, at the worst ratio: that of the margin itself.
struct ErrorRates {
  double same = 0.0, different = 0.0;
};

ErrorRates errors_of(RatioTrials trials, const RatioCase& kind, double ratio, Index blocks) {
  constexpr Index kRuns = 1000;
  Index same = 0, different = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const auto test = equivalence_of_ratio(trials.rows(ratio, blocks, kind), kShare);
    same += test && test->p_same < kLevel ? 1 : 0;
    different += test && test->p_different < kLevel ? 1 : 0;
  }
  return {static_cast<double>(same) / kRuns, static_cast<double>(different) / kRuns};
}

/// A true 5 % is above this in 1 of 500 tests of 1,000 runs.
constexpr double kMostErrors = 0.07;

TEST(EquivalenceErrors, AreRareAtTheMargin) {
  // Tokens that scatter little leave the margin within reach of few blocks.
  constexpr double kSigma = 0.3;
  for (const double tau : {0.05, 0.3}) {
    const RatioTrials trials(kSigma, tau);
    for (const Index blocks : {8, 16, 64}) {
      const ErrorRates upper = errors_of(trials, {}, 1.0 + kShare, blocks);
      const ErrorRates lower = errors_of(trials, {}, 1.0 / (1.0 + kShare), blocks);
      const double shown = errors_of(trials, {}, 1.0, blocks).same;
      fmt::print(
          "equivalence, tau {}: {:2} blocks: same {:.3f}, {:.3f}; different {:.3f}, {:.3f}; shown "
          "of equal ones {:.3f}\n",
          tau, blocks, upper.same, lower.same, upper.different, lower.different, shown);
      EXPECT_LE(std::max(upper.same, lower.same), kMostErrors);
      EXPECT_LE(std::max(upper.different, lower.different), kMostErrors);
    }
  }
}

TEST(EquivalenceErrors, AreRareOfSkewedKlAndSeeds) {
  const RatioTrials trials(1.5, 0.1);
  for (const auto& [seeds, apart] :
       {std::pair(1, false), std::pair(2, false), std::pair(3, false), std::pair(3, true)}) {
    const RatioCase kind{.seeds = seeds, .sd_seed = seeds == 1 ? 0.0 : 0.02, .apart = apart};
    for (const Index blocks : {16, 200}) {
      const ErrorRates rates = errors_of(trials, kind, 1.0 + kShare, blocks);
      const double shown = errors_of(trials, kind, 1.0, blocks).same;
      fmt::print(
          "equivalence, {} seeds {}: {:3} blocks: same {:.3f}, different {:.3f}; shown of equal "
          "ones {:.3f}\n",
          seeds, apart ? "apart" : "paired", blocks, rates.same, rates.different, shown);
      EXPECT_LE(rates.same, kMostErrors);
      EXPECT_LE(rates.different, kMostErrors);
    }
  }
}

}  // namespace
}  // namespace nf
