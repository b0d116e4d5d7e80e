#include <gtest/gtest.h>

#include "tests/support/draw_sample.h"

namespace nf {
namespace {

constexpr Index kCount = 1 << 20;

double cdf(double z) {
  const double tail = 0.5 * std::exp(-std::sqrt(2.0) * std::abs(z));
  return z < 0.0 ? tail : 1.0 - tail;
}

TEST(Laplace, FollowsItsDefinition) {
  expect_definition(draws_of("laplace"), [](const ReferenceWords& words) {
    return (words.word0 & 1 ? 1.0 : -1.0) * std::log(words.u) / std::sqrt(2.0);
  });
}

TEST(Laplace, HasTheMomentsOfALaplace) {
  const SampleMoments moments = moments_of(draw_sample(draws_of("laplace"), kCount));
  const double n = static_cast<double>(kCount);
  EXPECT_NEAR(moments.mean, 0.0, kSigmas / std::sqrt(n));
  EXPECT_NEAR(moments.variance, 1.0, kSigmas * std::sqrt(5.0 / n));  // E z⁴ − 1
  EXPECT_NEAR(moments.kurtosis, 6.0, kSigmas * std::sqrt(2484.0 / n));  // E z⁸ − 36, an upper bound
}

TEST(Laplace, HasTheDistributionOfALaplace) {
  EXPECT_LT(kolmogorov_statistic(draw_sample(draws_of("laplace"), kCount), cdf), kKolmogorovLimit);
}

TEST(Laplace, HasTails) {
  Index beyond = 0;
  for (const float v : draw_sample(draws_of("laplace"), kCount)) beyond += std::abs(v) > 6.0f;
  const double expected = 2.0 * cdf(-6.0) * kCount;
  EXPECT_NEAR(static_cast<double>(beyond), expected, kSigmas * std::sqrt(expected));
}

}  // namespace
}  // namespace nf
