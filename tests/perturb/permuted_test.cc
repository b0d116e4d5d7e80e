#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random/philox.h"
#include "tests/reference/noise_reference.h"
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

TEST(Permuted, MovesTheErrorsOfAUnitByTheOrderOfItsDraws) {
  const Matrix x = exact_matrix(9, 14);
  const DistortionContext context = context_of(kWeight);
  const Matrix rounded = distort(RoundingDistortion(0.25), x, context);
  for (const auto& [yaml, unit] : {std::pair{"tensor", Unit::tensor()},
                                   {"channel", Unit::channel()},
                                   {"{group: 4}", Unit::groups(4)},
                                   {"{group: 4, axis: in}", Unit::groups_in(4)}}) {
    const Matrix distorted = distort(
        *make_noise(fmt::format("{{noise: permuted, reference: {{step: 0.25}}, scope: {}}}", yaml)),
        x, context);
    for (const auto& places : reference_units(unit, kWeight, 9, 14)) {
      std::vector<std::pair<std::uint64_t, std::size_t>> order;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const auto [r, c] = places[i];
        const PhiloxBlock block =
            element_block(static_cast<std::uint64_t>(r * 14 + c), context.key, context.seed);
        order.push_back({std::uint64_t{block[1]} << 32 | block[0], i});
      }
      std::sort(order.begin(), order.end());
      for (std::size_t i = 0; i < places.size(); ++i) {
        const auto [r, c] = places[i];
        const auto [from_r, from_c] = places[order[i].second];
        ASSERT_EQ(distorted(r, c), x(r, c) + (rounded(from_r, from_c) - x(from_r, from_c)))
            << yaml << " at " << r << ", " << c;
      }
    }
  }
}

TEST(Permuted, TakesTheMatchedQuantizerAsReference) {
  const Matrix x = exact_matrix(3, 20);
  const Matrix by_match = distort(*make_noise("{noise: permuted, strength: {match: {step: 0.25}}}"),
                                  x, context_of(kWeight));
  const Matrix by_reference =
      distort(*make_noise("{noise: permuted, reference: {step: 0.25}}"), x, context_of(kWeight));
  for (Index i = 0; i < x.size(); ++i)
    EXPECT_NEAR(by_match.data()[i], by_reference.data()[i], 1e-6);
}

TEST(Permuted, WritesItsResolvedEntry) {
  EXPECT_EQ(make_noise("{noise: permuted, reference: {step: 0.25}}")->config().dump(),
            R"({"noise":"permuted","reference":{"step":0.25},"scope":"tensor"})");
  EXPECT_EQ(
      make_noise("{noise: permuted, strength: {match: {step: 0.25}}, scope: channel}")
          ->config()
          .dump(),
      R"({"noise":"permuted","reference":{"step":0.25},"strength":{"match":{"step":0.25}},"scope":"channel"})");
}

TEST(Permuted, NeedsAReference) {
  EXPECT_EQ(
      noise_error("{noise: permuted}"),
      "f.yaml:1:1: required key 'reference' is missing; write reference: {grid: ..., bits: ..., "
      "granularity: ...}");
  EXPECT_EQ(noise_error("{noise: permuted, reference: 4}"),
            "f.yaml:1:30: reference: cannot read '4' as a mapping; write {step: 4}");
  EXPECT_EQ(noise_error("{noise: permuted, relation: step, reference: {step: 1}}"),
            "f.yaml:1:19: unknown key 'relation'; known: noise, reference, strength, scope");
}

TEST(Permuted, OfAnIdentityIsTheIdentity) {
  EXPECT_TRUE(make_noise("{noise: permuted, reference: {step: 0}}")->is_identity());
}

}  // namespace
}  // namespace nf
