#include "eval/report/line_chart.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

LineChart chart_of(std::vector<ChartSeries> series) {
  return {.title = "t",
          .description = "d",
          .x = {.label = "size", .scale = AxisScale::log},
          .y = {.label = "KL", .unit = "nats per token", .scale = AxisScale::log},
          .series = std::move(series)};
}

std::size_t count(const std::string& text, const std::string& piece) {
  std::size_t found = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++found;
  return found;
}

TEST(LineChart, ConnectsPointsAndShowsTheirIntervals) {
  const std::string svg =
      draw(chart_of({{.name = "a",
                      .points = {{.x = 0.1, .y = 1.0, .y_low = 0.9, .y_high = 1.1},
                                 {.x = 0.2, .y = 4.0, .value = "<4>"}}}}),
           140.0)
          .svg;
  EXPECT_TRUE(is_picture(svg));
  EXPECT_EQ(count(svg, "<polyline"), 1u);
  EXPECT_EQ(count(svg, "<circle"), 2u);
  EXPECT_EQ(count(svg, "stroke-width=\"0.35\""), 1u) << "the interval of the first";
  EXPECT_TRUE(has(svg, "<title>&lt;4&gt;</title>"));
  EXPECT_TRUE(has(svg, "<title>a: 0.100, 1.00</title>"));
}

TEST(LineChart, NamesFewLinesAtTheirEndsAndManyInALegend) {
  std::vector<ChartSeries> series;
  for (int i = 0; i < 7; ++i)
    series.push_back({.name = "line " + std::to_string(i),
                      .points = {{.x = 0.1, .y = 1.0}, {.x = 1.0, .y = 2.0}}});
  const Drawing many = draw(chart_of(series), 140.0);
  series.resize(2);
  const Drawing few = draw(chart_of(series), 140.0);
  EXPECT_GT(many.height, few.height);
  EXPECT_TRUE(has(few.svg, ">line 1</text>"));
  EXPECT_TRUE(has(many.svg, ">line 6</text>"));
}

TEST(LineChart, PassesOverWhatHasNoPlace) {
  const std::string svg =
      draw(chart_of({{.name = "a",
                      .points = {{.x = 0.1, .y = std::nan("")},
                                 {.x = HUGE_VAL, .y = 1.0},
                                 {.x = 0.1, .y = 0.0},
                                 {.x = 0.3, .y = 0.5, .y_low = -0.1, .y_high = HUGE_VAL}}}}),
           85.0)
          .svg;
  EXPECT_TRUE(is_picture(svg));
  EXPECT_EQ(count(svg, "<circle"), 1u);
}

TEST(LineChart, IsDrawnOfNothing) { EXPECT_TRUE(is_picture(draw(chart_of({}), 85.0).svg)); }

}  // namespace
}  // namespace nf
