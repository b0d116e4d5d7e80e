#include <gtest/gtest.h>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

TEST(SymmetricUniformGrid, RoundsToTheNearestLevel) {
  // 3 bits: q = 3, scale 3/3 = 1.
  const FittedUnit r = fit_and_quantize("uniform", 3, true, {-3.0f, 0.4f, 0.6f, 1.4f, -1.6f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 0.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-3, 0, 1, 1, -2}));
  EXPECT_EQ(r.steps, std::vector<float>(5, 1.0f));
  EXPECT_EQ(r.clipped, 0);
}

TEST(SymmetricUniformGrid, TiesGoToEven) {
  const FittedUnit r =
      fit_and_quantize("uniform", 3, true, {3.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f});
  EXPECT_EQ(r.values, (std::vector<float>{3, 0, 2, 2, 0, -2, -2}));
}

TEST(SymmetricUniformGrid, ScaleComesFromTheLargerEnd) {
  EXPECT_EQ(fit_and_quantize("uniform", 8, true, {-127.0f, 3.0f}).scale, 1.0f);
  EXPECT_EQ(fit_and_quantize("uniform", 8, true, {-3.0f, 254.0f}).scale, 2.0f);
  EXPECT_EQ(fit_and_quantize("uniform", 2, true, {-0.25f, 0.1f}).scale, 0.25f);
}

TEST(SymmetricUniformGrid, ZerosAreKeptByTheSmallestScale) {
  const FittedUnit r = fit_and_quantize("uniform", 4, true, {0.0f, 0.0f});
  EXPECT_EQ(r.scale, kSmallestScale);
  EXPECT_EQ(r.values, (std::vector<float>{0, 0}));
}

TEST(SymmetricUniformGrid, CountsWhatAGivenScaleClips) {
  const auto grid = make_grid(grid_spec("uniform"), 3, true);
  const float scale = 1.0f, zero = 0.0f;
  // 3.5 rounds to 4, the even neighbour, beyond the last level; 3.4 rounds to 3, the last level.
  const std::vector<float> x = {3.4f, 3.5f, -3.4f, -10.0f, 100.0f};
  std::vector<float> out(x.size());
  EXPECT_EQ(grid->quantize(x, one_unit(scale, zero), out), 3);
  EXPECT_EQ(out, (std::vector<float>{3, 3, -3, -3, 3}));
}

TEST(AsymmetricUniformGrid, LevelsSpanMinToMax) {
  // 2 bits: levels 0..3, scale (2 - -1)/3 = 1, zero = 1.
  const FittedUnit r = fit_and_quantize("uniform", 2, false, {-1.0f, 2.0f, 0.4f, 1.6f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 1.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-1, 2, 0, 2}));
}

TEST(AsymmetricUniformGrid, TiesOfTheValueGoToEvenBeforeTheZeroPointIsAdded) {
  // scale 1, zero 1: 0.5 -> 0 and 1.5 -> 2, whatever their level numbers.
  const FittedUnit r = fit_and_quantize("uniform", 2, false, {-1.0f, 2.0f, 0.5f, 1.5f, -0.5f});
  EXPECT_EQ(r.values, (std::vector<float>{-1, 2, 0, 2, 0}));
}

TEST(AsymmetricUniformGrid, RangeIsNotExtendedToZero) {
  // scale (13 - 10)/3 = 1; the zero point -10 is clamped to 0, so the last level is 3 and all
  // saturate.
  const FittedUnit r = fit_and_quantize("uniform", 2, false, {10.0f, 11.0f, 13.0f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 0.0f);
  EXPECT_EQ(r.values, (std::vector<float>{3, 3, 3}));
  EXPECT_EQ(r.clipped, 3);
}

TEST(AsymmetricUniformGrid, NegativeValuesOnlySaturateAtTheOtherEnd) {
  const FittedUnit r = fit_and_quantize("uniform", 2, false, {-10.0f, -11.0f, -13.0f});
  EXPECT_EQ(r.zero, 3.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-3, -3, -3}));
  EXPECT_EQ(r.clipped, 3);
}

TEST(AsymmetricUniformGrid, ARoundedZeroPointCanClipTheLastValue) {
  // scale 1, -round(-1.5) = 2: 1.5 rounds to 2, level 4 of 0..3.
  const FittedUnit r = fit_and_quantize("uniform", 2, false, {-1.5f, 1.5f});
  EXPECT_EQ(r.zero, 2.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-2, 1}));
  EXPECT_EQ(r.clipped, 1);
}

}  // namespace
}  // namespace nf
