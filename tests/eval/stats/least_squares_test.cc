#include "eval/stats/least_squares.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

TEST(LeastSquares, FindsThePlaneThatIsThere) {
  Observations observations;
  for (int i = 0; i < 6; ++i) {
    const double a = i, b = i * i;
    observations.add({a, b}, 3.0 + 2.0 * a - 0.5 * b);
  }
  const auto fit = fit_least_squares(observations);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->intercept, 3.0, 1e-12);
  EXPECT_NEAR(fit->slopes[0], 2.0, 1e-12);
  EXPECT_NEAR(fit->slopes[1], -0.5, 1e-12);
  EXPECT_NEAR(*r2_of(*fit, observations), 1.0, 1e-12);
}

TEST(LeastSquares, SaysNothingOfTooFewOrOfOneAndTheSame) {
  EXPECT_FALSE(fit_least_squares({.x = {{1.0}, {2.0}}, .y = {1.0, 2.0}}));
  EXPECT_FALSE(fit_least_squares({.x = {{1.0}, {1.0}, {1.0}}, .y = {1.0, 2.0, 3.0}}));
  Observations twice;
  for (int i = 0; i < 5; ++i) twice.add({1.0 * i, 2.0 * i}, i * i);
  EXPECT_FALSE(fit_least_squares(twice));
}

TEST(LeastSquares, LeftOutIsHeldAgainstTheMeanOfTheTrainingPart) {
  const Observations training{.x = {{0.0}, {1.0}, {2.0}}, .y = {0.0, 1.0, 2.0}};
  const Observations left_out{.x = {{4.0}, {5.0}}, .y = {4.0, 6.0}};
  LeftOutR2 r2;
  EXPECT_TRUE(r2.add(training, left_out));
  EXPECT_NEAR(*r2.r2(), 1.0 - 1.0 / (9.0 + 25.0), 1e-12);
  EXPECT_FALSE(LeftOutR2().r2());
}

}  // namespace
}  // namespace nf
