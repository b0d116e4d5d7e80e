#include "perturb/noise_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

// For 2^x: thirteen terms in double.
constexpr double kExpError = 1e-13;
// A sum of doubles in any order.
constexpr double kSumError = 1e-13;
// One rounding to f32 of a product of f32 and a power good to 1e-12.
constexpr double kFloatError = 1.3e-7;

const Isa kForms[] = {Isa::portable, Isa::avx2, Isa::avx512};

/// Everything the kernels make of the first n values, in one row of numbers.
std::vector<double> all_results(const NoiseKernels& kernels, Index n) {
  const Matrix x = normal_matrix(1, 200, 1), z = normal_matrix(1, 200, 2);
  std::vector<double> results = {
      kernels.sum_squares(x.data(), n), kernels.squared_distance(x.data(), z.data(), n),
      static_cast<double>(kernels.max_abs(x.data(), n)), kernels.power_of_two(-3.3219280948873623)};
  const auto keep = [&](const Matrix& m) {
    for (Index i = 0; i < m.size(); ++i) results.push_back(static_cast<double>(m(0, i)));
  };
  const auto changed = [&](const auto& change) {
    Matrix m = normal_matrix(1, 200, 2);
    change(m.data());
    keep(m);
  };
  changed([&](float* m) { kernels.multiply(m, x.data(), n); });
  changed([&](float* m) { kernels.multiply_abs(m, x.data(), n); });
  changed([&](float* m) { kernels.multiply_remainder(m, x.data(), 6.5f, n); });
  changed([&](float* m) { kernels.multiply_power(m, x.data(), -0.7, 0.01f, -1, n); });
  changed([&](float* m) { kernels.multiply_power(m, x.data(), 0.7, 0.0f, 2, n); });
  changed([&](float* m) { kernels.add_scaled(x.data(), m, 0.123, m, n); });
  changed([&](float* m) { kernels.subtract(x.data(), z.data(), m, n); });
  changed([&](float* m) {
    results.push_back(static_cast<double>(kernels.clip(x.data(), 0.5f, m, n)));
  });
  return results;
}

TEST(NoiseKernels, FormsAgreeBitForBitAndWriteNoFurther) {
  for (const Index n : {0, 1, 3, 8, 15, 16, 17, 47, 199}) {
    const std::vector<double> expected = all_results(noise_kernels(Isa::portable), n);
    for (const Isa isa : kForms) {
      if (isa > cpu_isa()) continue;
      EXPECT_EQ(all_results(noise_kernels(isa), n), expected) << isa_name(isa) << " " << n;
    }
    const Matrix untouched = normal_matrix(1, 200, 2);
    EXPECT_EQ(expected.back(), static_cast<double>(untouched(0, 199)));
  }
}

TEST(NoiseKernels, SumsAndMaximaAreRight) {
  const Matrix x = normal_matrix(1, 1000, 3), y = normal_matrix(1, 1000, 4);
  double squares = 0.0, distance = 0.0, largest = 0.0;
  for (Index i = 0; i < 1000; ++i) {
    const double a = static_cast<double>(x(0, i)), b = static_cast<double>(y(0, i));
    squares += a * a;
    distance += (a - b) * (a - b);
    largest = std::max(largest, std::abs(a));
  }
  EXPECT_NEAR(noise_kernels().sum_squares(x.data(), 1000), squares, kSumError * squares);
  EXPECT_NEAR(noise_kernels().squared_distance(x.data(), y.data(), 1000), distance,
              kSumError * distance);
  EXPECT_EQ(static_cast<double>(noise_kernels().max_abs(x.data(), 1000)), largest);
}

TEST(NoiseKernels, PowersAreRight) {
  const float x[] = {0.0f, -0.25f, 1e-3f, 1.0f, -7.5f, 1e-40f};
  for (const double power : {-2.0, -0.5, 0.3, 1.0, 3.0}) {
    const float floor = power < 0.0 ? 0.01f : 0.0f;
    float z[] = {2.0f, 2.0f, 2.0f, 2.0f, 2.0f, 2.0f};
    noise_kernels().multiply_power(z, x, power, floor, 1, 6);
    for (int i = 0; i < 6; ++i) {
      const double base =
          std::max(std::abs(static_cast<double>(x[i])), static_cast<double>(floor)) / 2.0;
      const double expected = 2.0 * std::pow(base, power);
      EXPECT_NEAR(static_cast<double>(z[i]), expected, kFloatError * expected + 1e-45)
          << x[i] << "^" << power;
    }
  }
}

TEST(NoiseKernels, PowersOfTwoAreRight) {
  for (const double x : {-100.5, -3.3, 0.0, 0.5, 20.25})
    EXPECT_NEAR(noise_kernels().power_of_two(x), std::exp2(x), kExpError * std::exp2(x));
  EXPECT_EQ(noise_kernels().power_of_two(0.0), 1.0);
}

TEST(NoiseKernels, ClipCountsWhatLiesBeyondAndKeepsTheRest) {
  const float x[] = {-3.0f, -1.0f, -0.0f, 0.5f, 1.0f, 1.5f, NAN};
  float out[7];
  EXPECT_EQ(noise_kernels().clip(x, 1.0f, out, 7), 2);
  const float expected[] = {-1.0f, -1.0f, -0.0f, 0.5f, 1.0f, 1.0f};
  EXPECT_EQ(std::memcmp(out, expected, sizeof expected), 0);
  EXPECT_TRUE(std::isnan(out[6]));
}

}  // namespace
}  // namespace nf
