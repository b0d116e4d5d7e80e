#include "eval/stats/detectable.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

TEST(Detectable, IsTheSumOfTwoQuantiles) {
  constexpr double kTable = 1e-3;  // of 2.1314 + 0.8662
  EXPECT_NEAR(*detectable_mean(0.4, 16), 0.1 * (2.1314 + 0.8662), kTable);
  EXPECT_FALSE(detectable_mean(0.4, 7));
}

TEST(Detectable, IsFoundFourTimesInFive) {
  constexpr int kRuns = 2000;
  constexpr double kTolerance = 0.03;  // three standard errors of 2,000 runs at 80 %
  // The power that the correction for skewness costs where there is none, with so few blocks.
  constexpr double kCostOfCorrection = 0.06;
  const double effect = *detectable_mean(1.0, 16);
  SyntheticKl random(0.0, 0.0, 17);
  int student = 0, corrected = 0;
  for (int run = 0; run < kRuns; ++run) {
    BlockSums blocks;
    for (int b = 0; b < 16; ++b) blocks.push_back({.tokens = 1.0, .sum = effect + random.normal()});
    const MeanEstimate estimate = estimate_mean({&blocks, 1});
    student += t_tail(estimate.mean / estimate.se_text, 15.0) < 0.025 ? 1 : 0;
    corrected += *p_value(estimate) < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(student) / kRuns, 0.8, kTolerance);
  EXPECT_GT(static_cast<double>(corrected) / kRuns, 0.8 - kTolerance - kCostOfCorrection);
}

TEST(Detectable, OfAPlanFollowsKl) {
  const PlannedSpread independent{.delta_nll = 1.0, .kl = 0.5};
  // 16 blocks of 500 tokens at KL 0.04: sd of a block √(0.08/500).
  EXPECT_DOUBLE_EQ(*planned_delta_nll(0.04, 8000.0, 16, independent),
                   *detectable_mean(std::sqrt(0.08 / 500.0), 16));
  EXPECT_DOUBLE_EQ(*planned_kl(0.04, 16, independent), *detectable_mean(0.02, 16));
  EXPECT_FALSE(planned_kl(0.04, 2));
}

/// Var(ΔNLL) = 2·KL, of a small disturbance of a distribution, token drawn from it.
TEST(Detectable, RestsOnTheVarianceOfASmallDisturbance) {
  constexpr int kVocabulary = 1000;
  constexpr double kNextOrder = 0.02;
  SyntheticKl random(0.0, 0.0, 19);
  std::vector<double> logits, noise;
  double p_sum = 0.0, q_sum = 0.0;
  for (int token = 0; token < kVocabulary; ++token) {
    logits.push_back(2.0 * random.normal());
    noise.push_back(0.02 * random.normal());
    p_sum += std::exp(logits.back());
    q_sum += std::exp(logits.back() + noise.back());
  }
  double kl = 0.0, squares = 0.0;
  for (std::size_t token = 0; token < logits.size(); ++token) {
    const double p = std::exp(logits[token]) / p_sum;
    const double change = std::log(q_sum / p_sum) - noise[token];
    kl += p * change;
    squares += p * change * change;
  }
  EXPECT_NEAR((squares - kl * kl) / (2.0 * kl), 1.0, kNextOrder);
}

}  // namespace
}  // namespace nf
