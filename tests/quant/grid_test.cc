#include "quant/grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Grid, ScalesMayDifferFromValueToValue) {
  const auto grid = make_grid(grid_spec("uniform"), 4, true);
  const std::vector<float> x = {1.2f, 1.2f, 1.2f}, scale = {1.0f, 0.5f, 0.25f}, zero(3, 0.0f);
  std::vector<float> out(3);
  grid->quantize(x, {scale.data(), zero.data(), true}, out);
  EXPECT_EQ(out, (std::vector<float>{1.0f, 1.0f, 1.25f}));
  grid->step(x, {scale.data(), zero.data(), true}, out);
  EXPECT_EQ(out, scale);
}

TEST(Grid, NansStayAndAnInfinityTakesTheUnitWithIt) {
  for (const char* yaml : {"uniform", "power", "{power: 0.05}"}) {
    for (const bool symmetric : {true, false}) {
      if (grid_spec(yaml).symmetric_only && !symmetric) continue;
      const FittedUnit nan = fit_and_quantize(yaml, 4, symmetric, {1.0f, kNan, -1.0f});
      EXPECT_TRUE(std::isnan(nan.values[1]));
      EXPECT_TRUE(std::isfinite(nan.values[0]) && std::isfinite(nan.values[2]));
      EXPECT_EQ(nan.clipped, 0);
      for (const float value : fit_and_quantize(yaml, 4, symmetric, {1.0f, kInf, 2.0f}).values)
        EXPECT_TRUE(std::isnan(value));
      for (const float value : fit_and_quantize(yaml, 4, symmetric, {kNan, kNan}).values)
        EXPECT_TRUE(std::isnan(value));
    }
  }
}

TEST(Grid, RefusesWhatItCannotBe) {
  EXPECT_THROW(make_grid(grid_spec("uniform"), 1, true), InternalError);
  EXPECT_THROW(make_grid(grid_spec("uniform"), 9, true), InternalError);
  EXPECT_THROW(make_grid(grid_spec("power"), 4, false), InternalError);
  EXPECT_THROW(make_grid({}, 4, true), InternalError);
}

}  // namespace
}  // namespace nf
