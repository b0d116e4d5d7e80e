#include "perturb/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "tests/reference/noise_reference.h"

namespace nf {
namespace {

// Polynomials of about f32 precision, a dozen f32 operations: a few units in the last place of |z|
// <= 16.
constexpr double kRelativeError = 2e-6;
constexpr double kAbsoluteError = 2e-7;

const Distribution kAll[] = {Distribution::gaussian, Distribution::uniform,
                             Distribution::rademacher, Distribution::laplace};

std::vector<float> fill(Isa isa, Distribution distribution, Index n, std::uint64_t first) {
  constexpr float kGuard = 123.0f;
  std::vector<float> z(static_cast<std::size_t>(n) + 1, kGuard);
  draw_kernels(isa).fill[static_cast<int>(distribution)](z.data(), n, first, 0xfeedfacecafebeef,
                                                         77);
  EXPECT_EQ(z.back(), kGuard) << "wrote beyond " << n << " values";
  z.pop_back();
  return z;
}

TEST(Distribution, FollowsItsDefinition) {
  constexpr Index kCount = 20000;
  for (const Distribution distribution : kAll) {
    const std::vector<float> z = fill(cpu_isa(), distribution, kCount, 5);
    for (Index i = 0; i < kCount; ++i) {
      const double expected =
          reference_draw(distribution, 5 + static_cast<std::uint64_t>(i), 0xfeedfacecafebeef, 77);
      ASSERT_NEAR(static_cast<double>(z[static_cast<std::size_t>(i)]), expected,
                  kRelativeError * std::abs(expected) + kAbsoluteError)
          << distribution_name(distribution) << " element " << i;
    }
  }
}

TEST(Distribution, FormsAgreeBitForBit) {
  for (const Distribution distribution : kAll)
    for (const std::uint64_t first :
         {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{0xffffffe5}})
      for (const Index n : {1, 5, 16, 19, 1000}) {
        const std::vector<float> expected = fill(Isa::portable, distribution, n, first);
        for (const Isa isa : {Isa::avx2, Isa::avx512}) {
          if (isa > cpu_isa()) continue;
          const std::vector<float> z = fill(isa, distribution, n, first);
          EXPECT_EQ(std::memcmp(z.data(), expected.data(), z.size() * sizeof(float)), 0)
              << distribution_name(distribution) << " " << isa_name(isa) << " " << n << " from "
              << first;
        }
      }
}

TEST(Distribution, DependsOnTheElementNotOnTheStart) {
  for (const Distribution distribution : kAll) {
    const std::vector<float> whole = fill(cpu_isa(), distribution, 100, 40);
    const std::vector<float> part = fill(cpu_isa(), distribution, 50, 57);
    for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], whole[i + 17]);
  }
}

TEST(Distribution, NeighboursKeysAndSeedsAreUncorrelated) {
  constexpr Index kCount = 100000;
  constexpr double kLimit = 4.0 / 316.2;  // four standard errors of a correlation of 100,000 pairs
  const std::vector<float> z = fill(cpu_isa(), Distribution::gaussian, kCount, 0);
  std::vector<float> other_key(z.size()), other_seed(z.size());
  fill_draws(Distribution::gaussian, other_key.data(), kCount, 0, 0xfeedfacecafebeee, 77);
  fill_draws(Distribution::gaussian, other_seed.data(), kCount, 0, 0xfeedfacecafebeef, 78);
  double lag = 0.0, key = 0.0, seed = 0.0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double v = static_cast<double>(z[i]) / kCount;
    lag += v * static_cast<double>(z[(i + 1) % z.size()]);
    key += v * static_cast<double>(other_key[i]);
    seed += v * static_cast<double>(other_seed[i]);
  }
  EXPECT_LT(std::abs(lag), kLimit);
  EXPECT_LT(std::abs(key), kLimit);
  EXPECT_LT(std::abs(seed), kLimit);
}

}  // namespace
}  // namespace nf
