#include "quant/grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace nf {
namespace {

constexpr GridSpec kUniform{};
constexpr GridSpec kCubeRootGrid{GridSpec::Kind::power, kCubeRoot};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

UnitScales one_unit(const float& scale, const float& zero) { return {&scale, &zero, false}; }

/// One unit fitted to the values and quantized.
struct Result {
  float scale = 0.0f, zero = 0.0f;
  std::vector<float> values, steps;
  Index clipped = 0;
};
Result quantized(const GridSpec& spec, Index bits, bool symmetric, const std::vector<float>& x) {
  const auto grid = make_grid(spec, bits, symmetric);
  float lowest = kInf, highest = -kInf;
  grid_kernels().range(x.data(), static_cast<Index>(x.size()), &lowest, &highest);
  Result r;
  grid->fit({&lowest, 1}, {&highest, 1}, {&r.scale, 1}, {&r.zero, 1});
  r.values.resize(x.size());
  r.steps.resize(x.size());
  r.clipped = grid->quantize(x, one_unit(r.scale, r.zero), r.values);
  grid->step(x, one_unit(r.scale, r.zero), r.steps);
  return r;
}

TEST(SymmetricUniformGrid, RoundsToTheNearestLevel) {
  // 3 bits: q = 3, scale 3/3 = 1.
  const Result r = quantized(kUniform, 3, true, {-3.0f, 0.4f, 0.6f, 1.4f, -1.6f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 0.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-3, 0, 1, 1, -2}));
  EXPECT_EQ(r.steps, std::vector<float>(5, 1.0f));
  EXPECT_EQ(r.clipped, 0);
}

TEST(SymmetricUniformGrid, TiesGoToEven) {
  const Result r = quantized(kUniform, 3, true, {3.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f});
  EXPECT_EQ(r.values, (std::vector<float>{3, 0, 2, 2, 0, -2, -2}));
}

TEST(SymmetricUniformGrid, ScaleComesFromTheLargerEnd) {
  EXPECT_EQ(quantized(kUniform, 8, true, {-127.0f, 3.0f}).scale, 1.0f);
  EXPECT_EQ(quantized(kUniform, 8, true, {-3.0f, 254.0f}).scale, 2.0f);
  EXPECT_EQ(quantized(kUniform, 2, true, {-0.25f, 0.1f}).scale, 0.25f);
}

TEST(SymmetricUniformGrid, ZerosAreKeptByTheSmallestScale) {
  const Result r = quantized(kUniform, 4, true, {0.0f, 0.0f});
  EXPECT_EQ(r.scale, kSmallestScale);
  EXPECT_EQ(r.values, (std::vector<float>{0, 0}));
}

TEST(SymmetricUniformGrid, CountsWhatAGivenScaleClips) {
  const auto grid = make_grid(kUniform, 3, true);
  const float scale = 1.0f, zero = 0.0f;
  // 3.5 rounds to 4, the even neighbour, beyond the last level; 3.4 rounds to 3, the last level.
  const std::vector<float> x = {3.4f, 3.5f, -3.4f, -10.0f, 100.0f};
  std::vector<float> out(x.size());
  EXPECT_EQ(grid->quantize(x, one_unit(scale, zero), out), 3);
  EXPECT_EQ(out, (std::vector<float>{3, 3, -3, -3, 3}));
}

TEST(AsymmetricUniformGrid, LevelsSpanMinToMax) {
  // 2 bits: levels 0..3, scale (2 - -1)/3 = 1, zero = 1.
  const Result r = quantized(kUniform, 2, false, {-1.0f, 2.0f, 0.4f, 1.6f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 1.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-1, 2, 0, 2}));
}

TEST(AsymmetricUniformGrid, TiesOfTheValueGoToEvenBeforeTheZeroPointIsAdded) {
  // scale 1, zero 1: 0.5 -> 0 and 1.5 -> 2, whatever their level numbers.
  const Result r = quantized(kUniform, 2, false, {-1.0f, 2.0f, 0.5f, 1.5f, -0.5f});
  EXPECT_EQ(r.values, (std::vector<float>{-1, 2, 0, 2, 0}));
}

TEST(AsymmetricUniformGrid, RangeIsNotExtendedToZero) {
  // scale (13 - 10)/3 = 1; the zero point -10 is clamped to 0, so the last level is 3 and all
  // saturate.
  const Result r = quantized(kUniform, 2, false, {10.0f, 11.0f, 13.0f});
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(r.zero, 0.0f);
  EXPECT_EQ(r.values, (std::vector<float>{3, 3, 3}));
  EXPECT_EQ(r.clipped, 3);
}

TEST(AsymmetricUniformGrid, NegativeValuesOnlySaturateAtTheOtherEnd) {
  const Result r = quantized(kUniform, 2, false, {-10.0f, -11.0f, -13.0f});
  EXPECT_EQ(r.zero, 3.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-3, -3, -3}));
  EXPECT_EQ(r.clipped, 3);
}

TEST(AsymmetricUniformGrid, ARoundedZeroPointCanClipTheLastValue) {
  // scale 1, -round(-1.5) = 2: 1.5 rounds to 2, level 4 of 0..3.
  const Result r = quantized(kUniform, 2, false, {-1.5f, 1.5f});
  EXPECT_EQ(r.zero, 2.0f);
  EXPECT_EQ(r.values, (std::vector<float>{-2, 1}));
  EXPECT_EQ(r.clipped, 1);
}

TEST(CubeRootGrid, FourBitLevels) {
  // The levels over the maximum, (k/7)³, in the digits of the published derivation.
  const float levels[] = {0.0f, 0.0029f, 0.0233f, 0.0787f, 0.187f, 0.364f, 0.630f, 1.0f};
  const float digits[] = {0.00005f, 0.00005f, 0.00005f, 0.00005f, 0.0005f, 0.0005f, 0.0005f, 1e-6f};
  for (int k = 0; k <= 7; ++k) {
    const float x = levels[k];
    const Result r = quantized(kCubeRootGrid, 4, true, {1.0f, x, -x});
    EXPECT_NEAR(r.values[1], std::pow(static_cast<float>(k) / 7.0f, 3.0f), 1e-6f);
    EXPECT_NEAR(r.values[1], x, digits[k]);
    EXPECT_EQ(r.values[2], -r.values[1]);
  }
}

TEST(CubeRootGrid, CubesOfWholeNumbersAreExact) {
  // max 343 = 7³, so scale = 1 and level k stands for k³.
  const Result r =
      quantized(kCubeRootGrid, 4, true, {343.0f, 8.0f, -27.0f, 0.124f, 0.126f, 3.375f});
  EXPECT_EQ(r.scale, 1.0f);
  // 3.375 = 1.5³ is a tie and goes to the even level 2; 0.125 = 0.5³ divides levels 0 and 1.
  EXPECT_EQ(r.values, (std::vector<float>{343, 8, -27, 0, 1, 8}));
  EXPECT_EQ(r.clipped, 0);
}

TEST(CubeRootGrid, SmallValuesGoToZeroBelowTheHalfStepCubed) {
  const float limit = 1.0f / 2744.0f;  // (1/(2·7))³
  const Result r = quantized(kCubeRootGrid, 4, true, {1.0f, limit * 0.999f, limit * 1.001f});
  EXPECT_EQ(r.values[1], 0.0f);
  EXPECT_GT(r.values[2], 0.0f);
}

TEST(CubeRootGrid, StepIsTheWidthOfTheCell) {
  const Result r = quantized(kCubeRootGrid, 4, true, {343.0f, 0.0f, 1.0f, -8.0f});
  // (k + ½)³ − (k − ½)³ = 3k² + ¼.
  EXPECT_EQ(r.steps, (std::vector<float>{147.25f, 0.25f, 3.25f, 12.25f}));
}

TEST(PowerGrid, SquareRootLevelsAreSquares) {
  const Result r = quantized({GridSpec::Kind::power, 0.5}, 4, true, {49.0f, 9.2f, -4.1f, 0.2f});
  EXPECT_EQ(r.scale, 1.0f);
  const float expected[] = {49.0f, 9.0f, -4.0f, 0.0f};
  const float widths[] = {14.0f, 6.0f, 4.0f, 0.5f};  // (k + ½)² − (k − ½)² = 2k, and 2·½² at 0
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FLOAT_EQ(r.values[i], expected[i]);
    EXPECT_FLOAT_EQ(r.steps[i], widths[i]);
  }
}

TEST(Grid, ScalesMayDifferFromValueToValue) {
  const auto grid = make_grid(kUniform, 4, true);
  const std::vector<float> x = {1.2f, 1.2f, 1.2f}, scale = {1.0f, 0.5f, 0.25f}, zero(3, 0.0f);
  std::vector<float> out(3);
  grid->quantize(x, {scale.data(), zero.data(), true}, out);
  EXPECT_EQ(out, (std::vector<float>{1.0f, 1.0f, 1.25f}));
  grid->step(x, {scale.data(), zero.data(), true}, out);
  EXPECT_EQ(out, scale);
}

TEST(Grid, NansStayAndAnInfinityTakesTheUnitWithIt) {
  const GridSpec grids[] = {kUniform, kCubeRootGrid, {GridSpec::Kind::power, 0.05}};
  for (const GridSpec& spec : grids) {
    for (const bool symmetric : {true, false}) {
      if (spec.kind == GridSpec::Kind::power && !symmetric) continue;
      const Result nan = quantized(spec, 4, symmetric, {1.0f, kNan, -1.0f});
      EXPECT_TRUE(std::isnan(nan.values[1]));
      EXPECT_TRUE(std::isfinite(nan.values[0]) && std::isfinite(nan.values[2]));
      EXPECT_EQ(nan.clipped, 0);
      for (const float value : quantized(spec, 4, symmetric, {1.0f, kInf, 2.0f}).values)
        EXPECT_TRUE(std::isnan(value));
      for (const float value : quantized(spec, 4, symmetric, {kNan, kNan}).values)
        EXPECT_TRUE(std::isnan(value));
    }
  }
}

TEST(Grid, RefusesWhatItCannotBe) {
  EXPECT_THROW(make_grid(kUniform, 1, true), InternalError);
  EXPECT_THROW(make_grid(kUniform, 9, true), InternalError);
  EXPECT_THROW(make_grid(kCubeRootGrid, 4, false), InternalError);
  EXPECT_THROW(make_grid({GridSpec::Kind::power, 5.0}, 4, true), InternalError);
}

}  // namespace
}  // namespace nf
