#include "eval/design/likely_steps.h"

#include <gtest/gtest.h>

#include <numeric>

namespace nf {
namespace {

BisectConfig search(double target, double tolerance, Index max_steps) {
  return {.range = {0.001, 1.0},
          .target = {BisectMetric::kl, target},
          .rel_tolerance = tolerance,
          .max_steps = max_steps};
}

double mean(const std::vector<double>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.0);
}

TEST(LikelySteps, AreThoseOfSearchesOnTheCurvesOfTheModels) {
  // The seven searches of configs/sensitivity.yaml take 2 or 3.
  const std::vector<double> shares = likely_steps(search(0.05, 0.05, 12));
  EXPECT_DOUBLE_EQ(shares.front(), 1.0);
  EXPECT_GT(mean(shares), 2.0);
  EXPECT_LT(mean(shares), 4.0);
  for (std::size_t step = 1; step < shares.size(); ++step)
    EXPECT_LE(shares[step], shares[step - 1]);
}

TEST(LikelySteps, AreMoreForASmallerTolerance) {
  EXPECT_GT(mean(likely_steps(search(0.05, 0.001, 12))), mean(likely_steps(search(0.05, 0.1, 12))));
}

TEST(LikelySteps, AreNoMoreThanItMayTake) {
  // The first step is in the middle of the range, where a fifth of the curves has its root.
  const std::vector<double> shares = likely_steps(search(0.05, 0.0001, 2));
  ASSERT_EQ(shares.size(), 2u);
  EXPECT_NEAR(shares[0], 1.0, 1e-12);
  EXPECT_NEAR(shares[1], 0.8, 1e-12);
}

}  // namespace
}  // namespace nf
