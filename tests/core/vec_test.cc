// The vectors here are wider than this file's registers; none crosses a call.
#pragma GCC diagnostic ignored "-Wpsabi"

#include "core/simd/vec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace nf {
namespace {

/// The polynomial is good to one unit in the last place, 2^-23, and half a unit more for the last
/// product.
constexpr double kExpTolerance = 1.8e-7;  // relative

float exp_of(float v) {
  float out[kLanes];
  store(out, exp(splat(v)));
  return out[7];
}

float rounded(float v) {
  float out[kLanes];
  std::fill_n(out, kLanes, v);  // splat(-0) is +0
  store(out, round_even(load(out)));
  return out[3];
}

TEST(VecExp, IsGoodToAUnitInTheLastPlace) {
  double worst = 0.0;
  const int steps = 400'000;
  for (int i = 0; i <= steps; ++i) {
    const float v = -87.0f + 175.0f * static_cast<float>(i) / static_cast<float>(steps);
    const double expected = std::exp(static_cast<double>(v));
    worst = std::max(worst, std::abs(static_cast<double>(exp_of(v)) / expected - 1.0));
  }
  EXPECT_LT(worst, kExpTolerance);
}

TEST(VecExp, IsExactAtZeroAndGrows) {
  EXPECT_EQ(exp_of(0.0f), 1.0f);
  EXPECT_EQ(exp_of(-0.0f), 1.0f);
  for (float v = -80.0f; v < 80.0f; v += 0.25f) EXPECT_LT(exp_of(v), exp_of(v + 0.25f));
}

TEST(VecExp, BeyondItsRange) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float v : {-88.0f, -200.0f, -1e30f, -infinity}) {
    EXPECT_GT(exp_of(v), 0.0f) << v;  // the smallest normal numbers
    EXPECT_LT(exp_of(v), 1.3e-38f) << v;
  }
  EXPECT_TRUE(std::isfinite(exp_of(88.37f)));
  for (const float v : {88.38f, 88.5f, 200.0f, 1e30f, infinity})
    EXPECT_EQ(exp_of(v), infinity) << v;
}

TEST(VecExp, KeepsNan) { EXPECT_TRUE(std::isnan(exp_of(std::nanf("")))); }

TEST(VecRoundEven, RoundsTiesToEvenAndKeepsSigns) {
  for (const float v : {0.0f, 0.3f, 0.5f, 0.7f, 1.5f, 2.5f, 3.49f, 1e6f + 0.5f, 8388607.5f,
                        8388608.0f, 3e9f, 1e30f}) {
    EXPECT_EQ(rounded(v), std::nearbyint(v)) << v;
    EXPECT_EQ(rounded(-v), std::nearbyint(-v)) << v;
    EXPECT_TRUE(std::signbit(rounded(-v))) << v;
  }
}

TEST(VecLanes, SumsGoInLaneOrder) {
  float values[kLanes];
  float total = 0.0f;
  for (int i = 0; i < kLanes; ++i) {
    values[i] = i % 2 == 0 ? 1e7f + static_cast<float>(i) : 0.3f;  // another order rounds elsewhere
    total += values[i];
  }
  EXPECT_EQ(sum(load(values)), total);
  EXPECT_EQ(max_lane(load(values)), 1e7f + 14.0f);
}

TEST(VecLanes, PartsFillTheRest) {
  const float values[] = {1.0f, 2.0f, 3.0f};
  float out[kLanes];
  store(out, load_part(values, 3, 9.0f));
  for (int i = 0; i < kLanes; ++i) EXPECT_EQ(out[i], i < 3 ? values[i] : 9.0f);
  std::fill_n(out, kLanes, -77.0f);
  store_part(out, splat(5.0f), 4);
  for (int i = 0; i < kLanes; ++i) EXPECT_EQ(out[i], i < 4 ? 5.0f : -77.0f);
}

}  // namespace
}  // namespace nf
