#include <gtest/gtest.h>

#include "tests/support/draw_sample.h"

namespace nf {
namespace {

constexpr Index kCount = 1 << 20;

TEST(Uniform, FollowsItsDefinition) {
  expect_definition(draws_of("uniform"),
                    [](const ReferenceWords& words) { return std::sqrt(3.0) * words.fraction0; });
}

TEST(Uniform, HasTheMomentsOfAUniform) {
  const SampleMoments moments = moments_of(draw_sample(draws_of("uniform"), kCount));
  const double n = static_cast<double>(kCount);
  EXPECT_NEAR(moments.mean, 0.0, kSigmas / std::sqrt(n));
  EXPECT_NEAR(moments.variance, 1.0, kSigmas * std::sqrt(0.8 / n));  // var z² = 9/5 − 1
  EXPECT_NEAR(moments.kurtosis, 1.8, kSigmas * std::sqrt(2.0 / n));
}

TEST(Uniform, HasTheDistributionOfAUniform) {
  const double end = std::sqrt(3.0);
  const auto cdf = [end](double z) { return std::clamp((z + end) / (2.0 * end), 0.0, 1.0); };
  EXPECT_LT(kolmogorov_statistic(draw_sample(draws_of("uniform"), kCount), cdf), kKolmogorovLimit);
}

TEST(Uniform, StaysWithinItsEnds) {
  for (const float v : draw_sample(draws_of("uniform"), kCount)) ASSERT_LE(std::abs(v), 1.7320509f);
}

}  // namespace
}  // namespace nf
