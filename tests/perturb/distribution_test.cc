// Promises of every distribution, whatever it is: a new file in perturb/distributions/ is tested
// here as it stands.

#include "perturb/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "tests/support/draw_sample.h"

namespace nf {
namespace {

constexpr std::uint64_t kKey = 0xfeedfacecafebeef, kSeed = 77;

Draws example_of(const Distribution& distribution) {
  Draws draws{&distribution};
  for (const ShapeParameter& parameter : distribution.parameters)
    draws.shape.push_back(parameter.example);
  return draws;
}

std::vector<float> fill(const Draws& draws, Index n, std::uint64_t first, std::uint64_t key = kKey,
                        std::uint64_t seed = kSeed) {
  constexpr float kGuard = 123.0f;
  std::vector<float> z(static_cast<std::size_t>(n) + 1, kGuard);
  draws.fill(z.data(), n, first, key, seed);
  EXPECT_EQ(z.back(), kGuard) << "wrote beyond " << n << " values";
  z.pop_back();
  return z;
}

TEST(Distribution, IsDescribed) {
  for (const Distribution* distribution : builtin_distributions()) {
    EXPECT_STRNE(distribution->name, "");
    EXPECT_STRNE(distribution->summary, "");
    for (const ShapeParameter& parameter : distribution->parameters) {
      EXPECT_STRNE(parameter.name, "");
      EXPECT_STRNE(parameter.summary, "");
      EXPECT_STRNE(parameter.reason, "");
      EXPECT_GT(parameter.example, parameter.above);
    }
  }
}

TEST(Distribution, FormsAgreeBitForBit) {
  const std::vector<const Distribution*> portable = builtin_distributions(Isa::portable);
  for (const Isa isa : {Isa::avx2, Isa::avx512}) {
    if (isa > cpu_isa()) continue;
    const std::vector<const Distribution*> fast = builtin_distributions(isa);
    ASSERT_EQ(fast.size(), portable.size());
    for (std::size_t d = 0; d < fast.size(); ++d)
      for (const std::uint64_t first :
           {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{0xffffffe5}})
        for (const Index n : {1, 5, 16, 19, 1000, 100000}) {
          const std::vector<float> expected = fill(example_of(*portable[d]), n, first);
          const std::vector<float> z = fill(example_of(*fast[d]), n, first);
          EXPECT_EQ(std::memcmp(z.data(), expected.data(), z.size() * sizeof(float)), 0)
              << fast[d]->name << " " << isa_name(isa) << " " << n << " from " << first;
        }
  }
}

TEST(Distribution, DependsOnTheElementNotOnTheStart) {
  for (const Distribution* distribution : builtin_distributions()) {
    const std::vector<float> whole = fill(example_of(*distribution), 100, 40);
    const std::vector<float> part = fill(example_of(*distribution), 50, 57);
    for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], whole[i + 17]);
  }
}

TEST(Distribution, HasMeanZeroAndVarianceOne) {
  constexpr Index kCount = 1 << 20;
  for (const Distribution* distribution : builtin_distributions()) {
    const SampleMoments moments = moments_of(draw_sample(example_of(*distribution), kCount));
    const double n = static_cast<double>(kCount);
    EXPECT_NEAR(moments.mean, 0.0, kSigmas / std::sqrt(n)) << distribution->name;
    EXPECT_NEAR(moments.variance, 1.0, kSigmas * std::sqrt(moments.kurtosis / n))
        << distribution->name;
  }
}

TEST(Distribution, NeighboursKeysAndSeedsAreUncorrelated) {
  constexpr Index kCount = 100000;
  constexpr double kLimit = 4.0 / 316.2;  // four standard errors of a correlation of 100,000 pairs
  for (const Distribution* distribution : builtin_distributions()) {
    const Draws draws = example_of(*distribution);
    const std::vector<float> z = fill(draws, kCount, 0);
    const std::vector<float> other_key = fill(draws, kCount, 0, kKey - 1);
    const std::vector<float> other_seed = fill(draws, kCount, 0, kKey, kSeed + 1);
    double lag = 0.0, key = 0.0, seed = 0.0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double v = static_cast<double>(z[i]) / kCount;
      lag += v * static_cast<double>(z[(i + 1) % z.size()]);
      key += v * static_cast<double>(other_key[i]);
      seed += v * static_cast<double>(other_seed[i]);
    }
    EXPECT_LT(std::abs(lag), kLimit) << distribution->name;
    EXPECT_LT(std::abs(key), kLimit) << distribution->name;
    EXPECT_LT(std::abs(seed), kLimit) << distribution->name;
  }
}

TEST(Distribution, AnUnknownNameOrAWrongShapeIsOurBug) {
  EXPECT_THROW(draws_of("gausian"), InternalError);
  EXPECT_THROW(draws_of("gaussian", {1.0}), InternalError);
}

}  // namespace
}  // namespace nf
