#include "eval/report/drawing.h"

#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

constexpr PlotArea kArea = {.left = 20.0, .top = 5.0, .right = 120.0, .bottom = 55.0};

TEST(DrawXAxis, HasTicksAndAHeadingWithItsUnit) {
  const AxisSpec spec = {.label = "KL", .unit = "nats per token", .low = 0.0, .high = 1.0};
  Svg svg(140.0, 70.0, "t", "d");
  draw_x_axis(Axis(spec, AxisRange(spec.scale), kArea.left, kArea.right), spec, kArea, svg);
  EXPECT_TRUE(is_picture(svg.str()));
  EXPECT_TRUE(has(svg.str(), ">KL (nats per token)</text>"));
  EXPECT_TRUE(
      has(svg.str(), "<text x=\"40\" y=\"59\" stroke=\"none\" text-anchor=\"middle\">0.2<"));
}

TEST(DrawYAxis, TurnsItsHeading) {
  const AxisSpec spec = {.label = "KL", .low = 0.0, .high = 1.0};
  Svg svg(140.0, 70.0, "t", "d");
  draw_y_axis(Axis(spec, AxisRange(spec.scale), kArea.bottom, kArea.top), spec, kArea, svg);
  EXPECT_TRUE(has(svg.str(), "transform=\"rotate(-90 3 30)\""));
}

TEST(DrawXMarks, LeavesOutABandBeyondTheAxis) {
  const AxisSpec spec = {.scale = AxisScale::log, .low = 0.1, .high = 1.0};
  const Axis axis(spec, AxisRange(spec.scale), kArea.left, kArea.right);
  Svg svg(140.0, 70.0, "t", "d");
  draw_x_marks(
      axis,
      {{.low = 0.0, .high = 1e-6, .label = "far"}, {.low = 0.0, .high = 0.2, .label = "floor"}},
      {{.value = 1.0, .label = "baseline"}}, kArea, svg);
  EXPECT_TRUE(is_picture(svg.str()));
  EXPECT_FALSE(has(svg.str(), "far"));
  EXPECT_TRUE(has(svg.str(), "<rect x=\"20\" y=\"5\" width=\"30.1\" height=\"50\""));
  EXPECT_TRUE(has(svg.str(), "text-anchor=\"end\">baseline")) << "it would leave the picture";
}

TEST(DrawLegend, BreaksItsLinesAndCutsLongNames) {
  const std::vector<LegendEntry> one = {{.name = "a"}};
  const std::vector<LegendEntry> many = {{.name = std::string(30, 'a')},
                                         {.name = kOddName, .series = 1},
                                         {.name = std::string(200, 'b')}};
  EXPECT_EQ(legend_height({}, 80.0), 0.0);
  EXPECT_GT(legend_height(many, 80.0), 2.0 * legend_height(one, 80.0));
  Svg svg(80.0, 30.0, "t", "d");
  draw_legend(many, 0.0, 0.0, 80.0, svg);
  EXPECT_TRUE(is_picture(svg.str()));
  EXPECT_FALSE(has(svg.str(), std::string(60, 'b')));
}

}  // namespace
}  // namespace nf
