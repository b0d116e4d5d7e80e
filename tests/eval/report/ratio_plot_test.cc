#include "eval/report/ratio_plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(ChangeText, IsInPercentBelowTwoAndInTimesFromThereOn) {
  EXPECT_EQ(change_text(0.17, Interval{0.15, 0.19}), "−83 % [−85, −81]");
  EXPECT_EQ(change_text(1.0, Interval{0.9, 1.1}), "0 % [−10, +10]");
  EXPECT_TRUE(change_text(5.6, Interval{5.1, 6.2}).starts_with("5.6"));
  EXPECT_TRUE(has(change_text(5.6, Interval{5.1, 6.2}), " times ["));
  EXPECT_EQ(change_text(0.5, {}, "one block"), "−50.0 % (no interval: one block)");
  EXPECT_EQ(change_text(3.0, Interval{1.0, HUGE_VAL}, "too wide"),
            "3.00 times (no interval: too wide)");
}

TEST(RatioRow, TellsWhyThereIsNone) {
  EXPECT_EQ(ratio_row("a", nullptr).note, "no text that both have");
  EXPECT_FALSE(ratio_row("a", nullptr).ratio);
}

TEST(RatioPlot, DrawsTheFirstRowsAlone) {
  RatioPlot plot{.title = "t", .description = "d", .axis = "KL(a) / KL(b)"};
  plot.same = Interval{0.9, 1.1};
  plot.rows.push_back({.label = kOddName, .ratio = 0.5, .interval = Interval{0.0, HUGE_VAL}});
  plot.rows.push_back({.label = "infinite", .ratio = HUGE_VAL});
  for (std::size_t i = 2; i <= kMostRatioRows; ++i)
    plot.rows.push_back({.label = "row " + std::to_string(i), .note = "no ratio"});
  const Drawing drawing = draw(plot, 85.0);
  EXPECT_TRUE(is_picture(drawing.svg));
  EXPECT_TRUE(has(drawing.svg, ">row 39<"));
  EXPECT_FALSE(has(drawing.svg, ">row 40<"));
}

}  // namespace
}  // namespace nf
