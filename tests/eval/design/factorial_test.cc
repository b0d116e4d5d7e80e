#include "eval/design/factorial.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

namespace nf {
namespace {

/// Any `strength` of the columns are independent: no 1 ... strength of them add up to 0.
bool are_independent(const std::vector<Index>& columns, Index strength, std::size_t first = 0,
                     Index sum = 0, Index taken = 0) {
  if (taken > 0 && sum == 0) return false;
  if (taken == strength) return true;
  for (std::size_t i = first; i < columns.size(); ++i)
    if (!are_independent(columns, strength, i + 1, sum ^ columns[i], taken + 1)) return false;
  return true;
}

TEST(Factorial, ColumnsAreIndependentUpToTheResolution) {
  for (const Index resolution : {4, 5}) {
    for (Index factors = 1; factors <= 20; ++factors) {
      const FactorialDesign design = factorial_design(factors, resolution).value();
      ASSERT_EQ(std::ssize(design.columns), factors);
      EXPECT_TRUE(are_independent(design.columns, resolution - 1)) << factors;
      EXPECT_LT(design.columns.back(), design.runs);
    }
    // And no more than that: the check can fail.
    EXPECT_FALSE(are_independent(factorial_design(20, resolution)->columns, resolution));
  }
}

TEST(Factorial, TakesAsFewRunsAsIsKnown) {
  const auto runs = [](Index factors, Index resolution) {
    return factorial_design(factors, resolution)->runs;
  };
  for (const auto& [factors, expected] : std::vector<std::pair<Index, Index>>{{2, 4},
                                                                              {3, 8},
                                                                              {4, 16},
                                                                              {5, 16},
                                                                              {6, 32},
                                                                              {7, 64},
                                                                              {8, 64},
                                                                              {9, 128},
                                                                              {11, 128},
                                                                              {12, 256},
                                                                              {17, 256},
                                                                              {18, 512},
                                                                              {21, 512},
                                                                              {22, 1024},
                                                                              {29, 1024}})
    EXPECT_EQ(runs(factors, 5), expected) << factors;
  for (Index factors = 2; factors <= 512; ++factors) {
    const auto least = std::bit_ceil(static_cast<std::uint64_t>(2 * factors));
    EXPECT_EQ(runs(factors, 4), static_cast<Index>(least)) << factors;
  }
}

TEST(Factorial, EndsAtAThousandRuns) {
  EXPECT_FALSE(factorial_design(30, 5).has_value());
  EXPECT_FALSE(factorial_design(513, 4).has_value());
  EXPECT_FALSE(factorial_design(100000, 5).has_value());
}

TEST(Factorial, RunsAreDifferentAndTheFirstHasNone) {
  const FactorialDesign design = factorial_design(7, 5).value();
  std::set<std::vector<bool>> seen;
  std::vector<Index> runs_with(7, 0);
  for (Index run = 0; run < design.runs; ++run) {
    std::vector<bool> on;
    for (Index factor = 0; factor < 7; ++factor) {
      on.push_back(design.is_on(factor, run));
      runs_with[static_cast<std::size_t>(factor)] += on.back() ? 1 : 0;
    }
    EXPECT_EQ(run == 0, on == std::vector<bool>(7, false));
    EXPECT_TRUE(seen.insert(on).second) << run;
  }
  for (const Index runs : runs_with) EXPECT_EQ(runs, 32);
}

}  // namespace
}  // namespace nf
