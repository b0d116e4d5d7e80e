#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;

/// Multiples of 1/64 so small that every difference with its rounding is exact.
Matrix exact_matrix(Index rows, Index cols) {
  Matrix x = normal_matrix(rows, cols, 9);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = std::nearbyint(x.data()[i] * 64.0f) / 64.0f;
  return x;
}

TEST(Resigned, KeepsMagnitudesAndDrawsSigns) {
  const Matrix x = exact_matrix(9, 14);
  const DistortionContext context = context_of(kWeight);
  const Matrix rounded = distort(RoundingDistortion(0.25), x, context);
  Matrix signs(9, 14);
  draws_of("rademacher").fill(signs.data(), signs.size(), 0, context.key, context.seed);
  for (const char* scope : {"tensor", "channel", "{group: 4}", "{group: 4, axis: in}"}) {
    const Matrix distorted =
        distort(*make_noise(fmt::format("{{noise: resigned, reference: {{step: 0.25}}, scope: {}}}",
                                        scope)),
                x, context);
    for (Index i = 0; i < x.size(); ++i)
      ASSERT_EQ(distorted.data()[i],
                x.data()[i] + signs.data()[i] * std::abs(rounded.data()[i] - x.data()[i]))
          << scope << " at " << i;
  }
}

TEST(Resigned, TakesAnotherStrength) {
  constexpr double kNormError = 1e-6;
  const Matrix x = exact_matrix(5, 40);
  const Matrix distorted = distort(*make_noise("{noise: resigned, reference: {step: 0.25}, "
                                               "strength: {relative_l2: 0.5}, scope: channel}"),
                                   x, context_of(kWeight));
  for (Index r = 0; r < 5; ++r) {
    double squares = 0.0, delta_squares = 0.0;
    for (Index c = 0; c < 40; ++c) {
      squares += std::pow(static_cast<double>(x(r, c)), 2);
      delta_squares +=
          std::pow(static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c)), 2);
    }
    EXPECT_NEAR(std::sqrt(delta_squares / squares), 0.5, 0.5 * kNormError);
  }
}

}  // namespace
}  // namespace nf
