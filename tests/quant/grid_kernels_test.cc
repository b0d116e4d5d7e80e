#include "quant/grid_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace nf {
namespace {

std::vector<Isa> forms_of_this_cpu() {
  std::vector<Isa> forms;
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512})
    if (isa <= cpu_isa()) forms.push_back(isa);
  return forms;
}

/// Any bit pattern: denormals, infinities and NaNs included.
std::vector<float> any_floats(Index n, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
  return x;
}

std::vector<float> ordinary_floats(Index n, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& v : x) v = static_cast<float>(engine() >> 8) / 8388608.0f - 1.0f;
  return x;
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& x) {
  std::vector<std::uint32_t> bits;
  for (const float v : x) bits.push_back(std::bit_cast<std::uint32_t>(v));
  return bits;
}

float root(float x, double p = kCubeRoot) {
  float y = 0.0f;
  grid_kernels().compand(&x, 1, p, &y);
  return y;
}

constexpr double kPowers[] = {kCubeRoot, 0.05, 0.25, 0.5, 2.0 / 3, 1.0, 2.0, 4.0};
/// Around and across the vector widths of all forms, and a length with a tail of every sort.
constexpr Index kLengths[] = {1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 67, 1000};

TEST(GridKernels, FormsAgreeBitForBit) {
  for (const Index n : kLengths) {
    for (const bool ordinary : {false, true}) {
      const unsigned seed = static_cast<unsigned>(n);
      const std::vector<float> x = ordinary ? ordinary_floats(n, seed) : any_floats(n, seed);
      std::vector<float> scale = ordinary_floats(n, seed + 1);
      for (float& s : scale) s = 0.01f + std::abs(s);
      const std::vector<float> zero(x.size(), 3.0f);
      const auto run = [&](Isa isa) {
        const GridKernels& k = grid_kernels(isa);
        std::vector<float> all;
        std::vector<float> out(x.size());
        const auto keep = [&](Index clamped) {
          all.insert(all.end(), out.begin(), out.end());
          all.push_back(static_cast<float>(clamped));
        };
        float lowest = 0.5f, highest = 0.6f;
        k.range(x.data(), n, &lowest, &highest);
        all.insert(all.end(), {lowest, highest});
        std::vector<float> lows(x.size(), 0.5f), highs(x.size(), 0.6f);
        k.range_each(x.data(), n, lows.data(), highs.data());
        all.insert(all.end(), lows.begin(), lows.end());
        all.insert(all.end(), highs.begin(), highs.end());
        for (const bool each : {false, true}) {
          const UnitScales scales{scale.data(), zero.data(), each};
          keep(k.uniform(x.data(), n, scales, 0.0f, 15.0f, out.data()));
          for (const double p : kPowers) {
            keep(k.power(x.data(), n, scales, 7.0f, p, out.data()));
            k.power_step(x.data(), n, scales, 7.0f, p, out.data());
            keep(0);
          }
        }
        for (const double p : kPowers) {
          k.compand(x.data(), n, p, out.data());
          keep(0);
        }
        std::vector<std::uint32_t> bits = bits_of(all);
        const auto error =
            std::bit_cast<std::uint64_t>(k.power_error(x.data(), scale.data(), n, 2.4));
        bits.push_back(static_cast<std::uint32_t>(error));
        bits.push_back(static_cast<std::uint32_t>(error >> 32));
        return bits;
      };
      const std::vector<std::uint32_t> expected = run(Isa::portable);
      for (const Isa isa : forms_of_this_cpu())
        EXPECT_EQ(run(isa), expected) << isa_name(isa) << ", n = " << n << ", " << ordinary;
    }
  }
}

TEST(GridKernels, PowerErrorIsTheSumOfPowers) {
  constexpr double kRounding = 1e-12;  // of logarithms and powers in double
  for (const Index n : kLengths) {
    const std::vector<float> x = ordinary_floats(n, 3), y = ordinary_floats(n, 4);
    double expected = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
      expected += std::pow(std::abs(static_cast<double>(y[i]) - static_cast<double>(x[i])), 2.4);
    EXPECT_NEAR(grid_kernels().power_error(x.data(), y.data(), n, 2.4), expected,
                kRounding * expected);
  }
  const float x[] = {1.0f, 2.0f, 0.5f}, y[] = {1.0f, NAN, 0.25f};
  EXPECT_NEAR(grid_kernels().power_error(x, y, 3, 2.0), 0.0625, 1e-13);
  const float far[] = {1.0f, INFINITY, 0.25f};
  EXPECT_EQ(grid_kernels().power_error(x, far, 3, 2.0), INFINITY);
}

TEST(GridKernels, CubeRootIsCorrectlyRounded) {
  // All floats of [1, 8) were compared once; here one in 61. Steps commute with x -> 8x, so the
  // exponents beyond need only the few below.
  std::vector<float> x;
  for (float octave = 1.0f; octave < 8.0f; octave *= 2)
    for (std::uint32_t m = 0; m < 1u << 23; m += 61)
      x.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(octave) + m));
  for (int exponent = -149; exponent < 128; ++exponent)
    for (const double m : {1.0, 1.1, 1.7}) x.push_back(static_cast<float>(std::ldexp(m, exponent)));
  std::vector<float> y(x.size());
  grid_kernels().compand(x.data(), static_cast<Index>(x.size()), kCubeRoot, y.data());
  Index wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    wrong += y[i] != static_cast<float>(std::cbrt(static_cast<long double>(x[i])));
  EXPECT_EQ(wrong, 0);
}

TEST(GridKernels, CubeRootKnowsExactCubesSignsAndZero) {
  EXPECT_EQ(root(27.0f), 3.0f);
  EXPECT_EQ(root(-0.125f), -0.5f);
  EXPECT_EQ(root(0x1p-126f), 0x1p-42f);
  EXPECT_EQ(root(0x1p-147f), 0x1p-49f);  // a denormal
  EXPECT_EQ(root(0.0f), 0.0f);
  EXPECT_TRUE(std::isnan(root(std::numeric_limits<float>::quiet_NaN())));
}

TEST(GridKernels, PowersAreWithinOneUlp) {
  std::vector<float> x;
  for (int exponent = -149; exponent < 128; ++exponent)
    for (const double m : {1.0, 1.0000001, 1.25, 1.4142135, 1.4142137, 1.9999999})
      x.push_back(static_cast<float>(std::ldexp(m, exponent)));
  std::vector<float> y(x.size());
  for (const double p : kPowers) {
    grid_kernels().compand(x.data(), static_cast<Index>(x.size()), p, y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::pow(static_cast<double>(x[i]), p);
      const float nearest = static_cast<float>(exact);
      EXPECT_GE(y[i], std::nextafter(nearest, 0.0f)) << x[i] << "^" << p;
      EXPECT_LE(y[i], std::nextafter(nearest, std::numeric_limits<float>::infinity()))
          << x[i] << "^" << p;
    }
  }
}

TEST(GridKernels, PowerOneIsTheValueAndTwoItsSquare) {
  for (const float x : {0.0f, 1.0f, -3.5f, 0x1p-149f, 0x1.fffffep127f}) EXPECT_EQ(root(x, 1.0), x);
  EXPECT_EQ(root(-3.0f, 2.0), -9.0f);
}

TEST(GridKernels, RangePassesOverNans) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Index n = 1; n < 70; ++n) {
    std::vector<float> x(static_cast<std::size_t>(n), nan);
    x.back() = 2.0f;
    x.front() = n == 1 ? 2.0f : -1.0f;
    for (const Isa isa : forms_of_this_cpu()) {
      float lowest = std::numeric_limits<float>::infinity();
      float highest = -lowest;
      grid_kernels(isa).range(x.data(), n, &lowest, &highest);
      EXPECT_EQ(lowest, n == 1 ? 2.0f : -1.0f);
      EXPECT_EQ(highest, 2.0f);
    }
  }
}

TEST(GridKernels, InPlaceIsTheSame) {
  std::vector<float> x = ordinary_floats(37, 5);
  std::vector<float> out(x.size());
  const float scale = 0.1f, zero = 0.0f;
  grid_kernels().power(x.data(), 37, {&scale, &zero}, 7.0f, kCubeRoot, out.data());
  grid_kernels().power(x.data(), 37, {&scale, &zero}, 7.0f, kCubeRoot, x.data());
  EXPECT_EQ(x, out);
}

}  // namespace
}  // namespace nf
