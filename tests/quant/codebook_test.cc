#include "quant/codebook.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"

namespace nf {
namespace {

TEST(Codebook, RoundsToTheNearestLevelAndDownHalfWay) {
  const Codebook codebook({-1.0f, 0.0f, 0.5f, 2.0f});
  EXPECT_EQ(codebook.round(-5.0f), -1.0f);
  EXPECT_EQ(codebook.round(-0.5f), -1.0f);
  EXPECT_EQ(codebook.round(-0.49f), 0.0f);
  EXPECT_EQ(codebook.round(0.25f), 0.0f);
  EXPECT_EQ(codebook.round(1.25f), 0.5f);
  EXPECT_EQ(codebook.round(1.26f), 2.0f);
  EXPECT_TRUE(std::isnan(codebook.round(NAN)));
}

TEST(Codebook, ClipsBeyondHalfACellOfAnOutermostLevel) {
  const Codebook codebook({-1.0f, 0.0f, 0.5f, 2.0f});
  EXPECT_FALSE(codebook.is_clipped(-1.5f));
  EXPECT_TRUE(codebook.is_clipped(-1.51f));
  EXPECT_FALSE(codebook.is_clipped(2.75f));
  EXPECT_TRUE(codebook.is_clipped(2.76f));
  EXPECT_FALSE(codebook.is_clipped(NAN));
}

TEST(Codebook, CellsReachFromMiddleToMiddle) {
  const Codebook codebook({-1.0f, 0.0f, 0.5f, 2.0f});
  EXPECT_EQ(codebook.step(-7.0f), 1.0f);
  EXPECT_EQ(codebook.step(0.1f), 0.75f);
  EXPECT_EQ(codebook.step(0.5f), 1.0f);
  EXPECT_EQ(codebook.step(9.0f), 1.5f);
  EXPECT_EQ(Codebook({3.0f}).step(1.0f), 0.0f);
  EXPECT_FALSE(Codebook({3.0f}).is_clipped(1e9f));
}

TEST(Codebook, WithoutOrderIsOurBug) {
  EXPECT_THROW(Codebook({}), InternalError);
  EXPECT_THROW(Codebook({1.0f, 1.0f}), InternalError);
}

/// The levels of NF4 as QLoRA makes them: quantiles of a normal distribution between 1 − offset and
/// ½ on each side, over the largest.
double normal_quantile(double p) {
  double low = -10.0, high = 10.0;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2.0;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return low;
}

TEST(Nf4Grid, HasTheQuantilesOfANormalDistribution) {
  constexpr double kOffset = 0.9677083;
  std::vector<double> levels = {0.0};
  for (int i = 0; i < 8; ++i) levels.push_back(normal_quantile(kOffset + (0.5 - kOffset) * i / 8));
  for (int i = 0; i < 7; ++i) levels.push_back(-normal_quantile(kOffset + (0.5 - kOffset) * i / 7));
  std::sort(levels.begin(), levels.end());
  const auto grid = make_grid(grid_spec("nf4"), 4, true);
  const float scale = 1.0f, zero = 0.0f;
  for (const double level : levels) {
    const float x = static_cast<float>(level / levels.back());
    float out = 0.0f;
    grid->quantize({&x, 1}, one_unit(scale, zero), {&out, 1});
    EXPECT_NEAR(out, x, 2e-7f);
  }
}

TEST(CodebookGrids, EqualTheReference) {
  const std::pair<const char*, std::vector<float>> grids[] = {
      {"{codebook: [1, -1, 0, 0.25, -0.4]}", {-1.0f, -0.4f, 0.0f, 0.25f, 1.0f}},
      {"{codebook: [-0.5, 0.75]}", {-0.5f, 0.75f}}};
  for (const auto& [yaml, levels] : grids) {
    reference::Quantizer q;
    q.unit = Unit::groups(5);
    q.codebook = levels;
    const DistortionPtr rtn = make_quantizer(fmt::format("{{grid: {}, granularity: g5}}", yaml));
    for (const Index cols : {1, 5, 33}) {
      const Matrix x = odd_rows(cols, 3);
      DistortionReport report;
      const Matrix got = distorted(*rtn, x, &report);
      const reference::QuantizedMatrix expected = reference::quantize(q, x);
      Index clipped = 0;
      for (Index i = 0; i < x.size(); ++i) {
        EXPECT_EQ(got.data()[i], expected.values.data()[i]) << yaml;
        clipped += expected.clipped.data()[i] > 0.0f ? 1 : 0;
      }
      EXPECT_EQ(report.clipped, clipped);
    }
  }
}

TEST(CodebookGrids, BringTheirBits) {
  EXPECT_EQ(make_quantizer("{grid: nf4, granularity: channel}")->config()["bits"], 4);
  EXPECT_EQ(make_quantizer("{grid: {codebook: [0, 1, -1]}, granularity: channel}")->config().dump(),
            R"({"grid":{"codebook":[-1.0,0.0,1.0]},"bits":2,"granularity":"channel",)"
            R"("symmetric":true,"method":"rtn"})");
}

TEST(CodebookGrids, RefuseWhatIsNoCodebook) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"[0.5]", "needs 2 to 256 levels, has 1"},
      {"[0, 1, 1]", "1 stands here twice (as a number of 32 bits)"},
      {"[-8, 0, 7]",
       "levels are in multiples of the unit's max|x|, between -1 and 1; divide them by 8"},
      {"7", "cannot read '7' as a list"}};
  for (const auto& [levels, cause] : mistakes) {
    try {
      make_quantizer(fmt::format("{{grid: {{codebook: {}}}, granularity: channel}}", levels));
      ADD_FAILURE() << levels;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(cause), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace nf
