#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

float rounded(float v, int bits) {
  Matrix x(1, 1);
  x(0, 0) = v;
  const DistortionPtr noise = make_noise(fmt::format("{{noise: round, mantissa_bits: {}}}", bits));
  return distort(*noise, x, context_of(SiteTensor::weight))(0, 0);
}

TEST(Round, KeepsTheNearestValueOfAShorterMantissa) {
  const Matrix x = normal_matrix(20, 30);
  for (const int bits : {0, 1, 3, 7, 10, 22}) {
    const Matrix distorted =
        distort(*make_noise(fmt::format("{{noise: round, mantissa_bits: {}}}", bits)), x,
                context_of(SiteTensor::weight));
    for (Index i = 0; i < x.size(); ++i) {
      int exponent = 0;
      const double v = static_cast<double>(x.data()[i]);
      const double fraction = std::frexp(v, &exponent);  // of [½, 1): one place for the leading bit
      const double expected =
          std::ldexp(std::nearbyint(std::ldexp(fraction, bits + 1)), exponent - bits - 1);
      ASSERT_EQ(static_cast<double>(distorted.data()[i]), expected) << bits << " bits of " << v;
    }
  }
}

TEST(Round, TakesTiesToEven) {
  EXPECT_EQ(rounded(1.125f, 2), 1.0f);
  EXPECT_EQ(rounded(1.375f, 2), 1.5f);
  EXPECT_EQ(rounded(-1.375f, 2), -1.5f);
  EXPECT_EQ(rounded(1.5f, 0), 2.0f);
  EXPECT_EQ(rounded(3.0f, 0), 4.0f);
}

TEST(Round, NeitherOverflowsNorHidesWhatIsNoNumber) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(rounded(largest, 7), 0x1.fep127f);  // the largest of bf16
  EXPECT_EQ(rounded(-largest, 0), -0x1p127f);
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(rounded(infinity, 7), infinity);
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001u), 7)));  // a NaN in the last bit
  EXPECT_TRUE(std::signbit(rounded(-0.0f, 3)));
}

TEST(Round, OfAllBitsIsTheIdentity) {
  const DistortionPtr all = make_noise("{noise: round, mantissa_bits: 23}");
  EXPECT_TRUE(all->is_identity());
  const Matrix x = normal_matrix(3, 7);
  EXPECT_TRUE(same_bits(distort(*all, x, context_of(SiteTensor::weight)), x));
  EXPECT_FALSE(make_noise("{noise: round, mantissa_bits: 7}")->draws());
}

TEST(Round, SaysWhatIsWrong) {
  EXPECT_EQ(noise_error("{noise: round}"), "f.yaml:1:1: required key 'mantissa_bits' is missing");
  EXPECT_EQ(noise_error("{noise: round, mantissa_bits: 24}"),
            "f.yaml:1:31: mantissa_bits: must be between 0 and 23, is 24");
  EXPECT_EQ(noise_error("{noise: round, mantissa_bits: 7, bits: 4}"),
            "f.yaml:1:34: unknown key 'bits'; write mantissa_bits: 7, or grid: instead of noise: "
            "for a quantizer");
}

}  // namespace
}  // namespace nf
