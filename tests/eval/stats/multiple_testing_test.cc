#include "eval/stats/multiple_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

constexpr double kRounding = 1e-12;

void expect_near(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], kRounding);
}

TEST(MultipleTesting, AdjustsAsByHand) {
  const std::vector<double> p = {0.04, 0.01, 0.03, 0.005};
  expect_near(holm_adjusted(p), {0.06, 0.03, 0.06, 0.02});
  expect_near(benjamini_hochberg_adjusted(p), {0.04, 0.02, 0.04, 0.02});
}

TEST(MultipleTesting, StaysBelowOneAndTakesNothing) {
  const std::vector<double> p = {0.9, 0.6};
  expect_near(holm_adjusted(p), {1.0, 1.0});
  expect_near(benjamini_hochberg_adjusted(p), {0.9, 0.9});
  EXPECT_TRUE(holm_adjusted({}).empty());
  EXPECT_TRUE(benjamini_hochberg_adjusted({}).empty());
}

/// 20 lines over one text of 16 blocks, none of which does anything: how often Holm finds one.
TEST(MultipleTesting, KeepsTheFamilyWiseError) {
  constexpr int kRuns = 2000, kLines = 20;
  constexpr double kLevel = 0.05;
  constexpr double kMost = 0.065;  // 5 % and three standard errors of 2,000 runs
  SyntheticKl random(0.0, 0.0, 7);
  int raw = 0, holm = 0;
  for (int run = 0; run < kRuns; ++run) {
    const BlockSums text = random.blocks(16);
    std::vector<double> p;
    for (int line = 0; line < kLines; ++line) {
      BlockSums blocks = text;  // a share of the noise is the text's, as paired lines have it
      for (BlockSum& block : blocks) block.sum += 10.0 * random.normal() - block.tokens;
      p.push_back(*p_value(estimate_mean({&blocks, 1})));
    }
    const auto finds = [](const std::vector<double>& values) {
      return *std::min_element(values.begin(), values.end()) < kLevel ? 1 : 0;
    };
    raw += finds(p);
    holm += finds(holm_adjusted(p));
  }
  EXPECT_LT(holm, kMost * kRuns);
  EXPECT_GT(raw, 2 * holm);  // there was something to control
}

}  // namespace
}  // namespace nf
