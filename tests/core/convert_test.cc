#include "core/checkpoint/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/support/write_safetensors.h"

namespace nf {
namespace {

/// More than four of the widest vectors.
constexpr Index kLongest = 70;

std::vector<Isa> forms() {
  std::vector<Isa> out;
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512})
    if (isa <= cpu_isa()) out.push_back(isa);
  return out;
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// By the definition of the format, IEEE 754-2019, 3.4.
double half_value(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  if (exponent == 31) return sign * (mantissa == 0 ? INFINITY : NAN);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

std::vector<std::uint16_t> every_half() {
  std::vector<std::uint16_t> out(65536);
  std::iota(out.begin(), out.end(), std::uint16_t{0});
  return out;
}

TEST(Convert, EveryHalfIsExact) {
  const std::vector<std::uint16_t> halves = every_half();
  for (Isa isa : forms()) {
    std::vector<float> out(halves.size());
    EXPECT_FALSE(convert_kernels(isa).f16(halves.data(), 65536, out.data()));
    for (std::size_t i = 0; i < halves.size(); ++i) {
      const double expected = half_value(halves[i]);
      if (std::isnan(expected)) {
        // Sign and payload stay, and the quiet bit is set.
        const std::uint32_t half = halves[i];
        const std::uint32_t wanted = (half & 0x8000u) << 16 | 0x7fc00000u | (half & 0x3ffu) << 13;
        ASSERT_EQ(bits_of(out[i]), wanted) << isa_name(isa) << " " << i;
      } else {
        ASSERT_EQ(bits_of(out[i]), bits_of(static_cast<float>(expected)))
            << isa_name(isa) << " " << i;
      }
    }
  }
}

TEST(Convert, EveryBfloatIsExact) {
  const std::vector<std::uint16_t> halves = every_half();
  for (Isa isa : forms()) {
    std::vector<float> out(halves.size());
    EXPECT_FALSE(convert_kernels(isa).bf16(halves.data(), 65536, out.data()));
    for (std::uint32_t i = 0; i < 65536; ++i)
      ASSERT_EQ(bits_of(out[i]), i << 16) << isa_name(isa) << " " << i;
  }
}

TEST(Convert, FindsEveryNonFiniteValue) {
  const std::vector<std::uint16_t> halves = every_half();
  for (Isa isa : forms()) {
    const ConvertKernels& kernels = convert_kernels(isa);
    float out = 0.0f;
    for (const std::uint16_t half : halves) {
      const std::uint32_t word = std::uint32_t{half} << 16;
      ASSERT_EQ(kernels.f16(&half, 1, &out), (half & 0x7c00) != 0x7c00) << half;
      ASSERT_EQ(kernels.bf16(&half, 1, &out), (half & 0x7f80) != 0x7f80) << half;
      ASSERT_EQ(kernels.f32(&word, 1, &out), (half & 0x7f80) != 0x7f80) << half;
    }
  }
}

TEST(Convert, HandlesEveryLengthPositionAndAlignment) {
  for (Isa isa : forms()) {
    const ConvertKernels& kernels = convert_kernels(isa);
    for (Index n = 0; n <= kLongest; ++n) {
      // One byte in front makes every source unaligned.
      std::vector<char> f32(static_cast<std::size_t>(4 * n + 1));
      std::vector<char> f16(static_cast<std::size_t>(2 * n + 1));
      for (Index i = 0; i < n; ++i) {
        const float value = static_cast<float>(i) - 30.0f;
        const std::uint16_t half = to_f16_bits(value);
        std::memcpy(f32.data() + 1 + 4 * i, &value, 4);
        std::memcpy(f16.data() + 1 + 2 * i, &half, 2);
      }
      std::vector<float> out(static_cast<std::size_t>(n + 1));
      for (const bool wide : {true, false}) {
        out.assign(out.size(), 99.0f);
        EXPECT_TRUE(wide ? kernels.f32(f32.data() + 1, n, out.data())
                         : kernels.f16(f16.data() + 1, n, out.data()));
        for (Index i = 0; i < n; ++i)
          EXPECT_EQ(out[static_cast<std::size_t>(i)], static_cast<float>(i) - 30.0f);
        EXPECT_EQ(out.back(), 99.0f) << "wrote past the end";
      }
      for (Index bad = 0; bad < n; ++bad) {
        std::vector<char> copy = f16;
        const std::uint16_t infinity = 0x7c00;
        std::memcpy(copy.data() + 1 + 2 * bad, &infinity, 2);
        EXPECT_FALSE(kernels.f16(copy.data() + 1, n, out.data())) << n << " " << bad;
      }
    }
  }
}

TEST(Convert, RoundsDoublesToTheNearest) {
  const double above = 1.0 + 0x1p-24, tie = 1.0 + 0x1p-24 + 0x1p-50;
  const std::vector<double> in{0.1, -3.0, above, tie, 1e-50, 3.4028234e38};
  std::vector<float> out(in.size());
  EXPECT_TRUE(convert_kernels().f64(in.data(), std::ssize(in), out.data()));
  EXPECT_EQ(out, (std::vector<float>{0.1f, -3.0f, 1.0f, 1.0f + 0x1p-23f, 0.0f, 3.4028234e38f}));
  for (const double bad : {1e39, -1e300, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    std::vector<double> with = in;
    with[4] = bad;
    EXPECT_FALSE(convert_kernels().f64(with.data(), std::ssize(with), out.data())) << bad;
  }
}

TEST(Convert, TestRoundingIsTheInverse) {
  for (int i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    const double value = half_value(half);
    if (std::isnan(value)) continue;
    EXPECT_EQ(to_f16_bits(static_cast<float>(value)), half);
  }
  EXPECT_EQ(to_f16_bits(1.0f + 0x1p-11f), 0x3c00) << "a tie goes to the even neighbour";
  EXPECT_EQ(to_f16_bits(1.0f + 0x3p-11f), 0x3c02);
  EXPECT_EQ(to_f16_bits(65519.0f), 0x7bff);
  EXPECT_EQ(to_f16_bits(65520.0f), 0x7c00);
  EXPECT_EQ(to_bf16_bits(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(to_bf16_bits(1.0f + 0x3p-8f), 0x3f82);
  EXPECT_EQ(to_bf16_bits(std::numeric_limits<float>::max()), 0x7f80);
}

}  // namespace
}  // namespace nf
