#include <gtest/gtest.h>

#include <cmath>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

TEST(CubeRootGrid, FourBitLevels) {
  // The levels over the maximum, (k/7)³, in the digits of the published derivation.
  const float levels[] = {0.0f, 0.0029f, 0.0233f, 0.0787f, 0.187f, 0.364f, 0.630f, 1.0f};
  const float digits[] = {0.00005f, 0.00005f, 0.00005f, 0.00005f, 0.0005f, 0.0005f, 0.0005f, 1e-6f};
  for (int k = 0; k <= 7; ++k) {
    const float x = levels[k];
    const FittedUnit r = fit_and_quantize("power", 4, true, {1.0f, x, -x});
    EXPECT_NEAR(r.values[1], std::pow(static_cast<float>(k) / 7.0f, 3.0f), 1e-6f);
    EXPECT_NEAR(r.values[1], x, digits[k]);
    EXPECT_EQ(r.values[2], -r.values[1]);
  }
}

TEST(CubeRootGrid, CubesOfWholeNumbersAreExact) {
  // max 343 = 7³, so scale = 1 and level k stands for k³.
  const FittedUnit r =
      fit_and_quantize("power", 4, true, {343.0f, 8.0f, -27.0f, 0.124f, 0.126f, 3.375f});
  EXPECT_EQ(r.scale, 1.0f);
  // 3.375 = 1.5³ is a tie and goes to the even level 2; 0.125 = 0.5³ divides levels 0 and 1.
  EXPECT_EQ(r.values, (std::vector<float>{343, 8, -27, 0, 1, 8}));
  EXPECT_EQ(r.clipped, 0);
}

TEST(CubeRootGrid, SmallValuesGoToZeroBelowTheHalfStepCubed) {
  const float limit = 1.0f / 2744.0f;  // (1/(2·7))³
  const FittedUnit r = fit_and_quantize("power", 4, true, {1.0f, limit * 0.999f, limit * 1.001f});
  EXPECT_EQ(r.values[1], 0.0f);
  EXPECT_GT(r.values[2], 0.0f);
}

TEST(CubeRootGrid, StepIsTheWidthOfTheCell) {
  const FittedUnit r = fit_and_quantize("power", 4, true, {343.0f, 0.0f, 1.0f, -8.0f});
  // (k + ½)³ − (k − ½)³ = 3k² + ¼.
  EXPECT_EQ(r.steps, (std::vector<float>{147.25f, 0.25f, 3.25f, 12.25f}));
}

TEST(PowerGrid, SquareRootLevelsAreSquares) {
  const FittedUnit r = fit_and_quantize("{power: 0.5}", 4, true, {49.0f, 9.2f, -4.1f, 0.2f});
  EXPECT_EQ(r.scale, 1.0f);
  const float expected[] = {49.0f, 9.0f, -4.0f, 0.0f};
  const float widths[] = {14.0f, 6.0f, 4.0f, 0.5f};  // (k + ½)² − (k − ½)² = 2k, and 2·½² at 0
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FLOAT_EQ(r.values[i], expected[i]);
    EXPECT_FLOAT_EQ(r.steps[i], widths[i]);
  }
}

}  // namespace
}  // namespace nf
