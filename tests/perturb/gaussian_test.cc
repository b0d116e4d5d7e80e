#include <gtest/gtest.h>

#include "tests/support/draw_sample.h"

namespace nf {
namespace {

constexpr Index kCount = 1 << 20;

double cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

TEST(Gaussian, FollowsItsDefinition) {
  expect_definition(draws_of("gaussian"), [](const ReferenceWords& words) {
    return std::sqrt(-2.0 * std::log(words.u)) * std::sin(M_PI / 2.0 * words.fraction1);
  });
}

TEST(Gaussian, HasTheMomentsOfANormal) {
  const SampleMoments moments = moments_of(draw_sample(draws_of("gaussian"), kCount));
  const double n = static_cast<double>(kCount);
  EXPECT_NEAR(moments.mean, 0.0, kSigmas / std::sqrt(n));
  EXPECT_NEAR(moments.variance, 1.0, kSigmas * std::sqrt(2.0 / n));
  EXPECT_NEAR(moments.kurtosis, 3.0, kSigmas * std::sqrt(24.0 / n));
}

TEST(Gaussian, HasTheDistributionOfANormal) {
  EXPECT_LT(kolmogorov_statistic(draw_sample(draws_of("gaussian"), kCount), cdf), kKolmogorovLimit);
}

TEST(Gaussian, HasTails) {
  constexpr Index kMany = 1 << 24;
  double largest = 0.0;
  Index beyond_4 = 0, beyond_5 = 0;
  for (const float v : draw_sample(draws_of("gaussian"), kMany)) {
    const double size = std::abs(static_cast<double>(v));
    largest = std::max(largest, size);
    beyond_4 += size > 4.0;
    beyond_5 += size > 5.0;
  }
  const double expected_4 = 2.0 * cdf(-4.0) * kMany, expected_5 = 2.0 * cdf(-5.0) * kMany;
  EXPECT_NEAR(static_cast<double>(beyond_4), expected_4, kSigmas * std::sqrt(expected_4));
  EXPECT_NEAR(static_cast<double>(beyond_5), expected_5, kSigmas * std::sqrt(expected_5));
  EXPECT_LE(largest, 6.67);
}

}  // namespace
}  // namespace nf
