#include "eval/report/figure_parts.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(LeftOutText, CountsWhatIsNotDrawn) {
  EXPECT_EQ(left_out_text(40, 40), "");
  EXPECT_EQ(left_out_text(40, 62), " The figure shows 40 of 62; its data has them all.");
}

TEST(AddIntervalFields, LeavesEmptyWhatIsNotKnown) {
  std::vector<std::string> fields;
  add_interval_fields(0.5, Interval{0.25, 0.75}, fields);
  add_interval_fields(0.5, {}, fields);
  add_interval_fields({}, {}, fields);
  EXPECT_EQ(fields, (std::vector<std::string>{"0.5", "0.25", "0.75", "0.5", "", "", "", "", ""}));
}

TEST(SetDrawing, TakesThePictureAndItsSize) {
  ReportFigure figure = named_figure("f", "t");
  set_drawing({.svg = "<svg/>", .width = 85.0, .height = 20.0}, figure);
  EXPECT_EQ(figure.svg, "<svg/>");
  EXPECT_EQ(figure.width_mm, 85.0);
  EXPECT_EQ(figure.height_mm, 20.0);
}

}  // namespace
}  // namespace nf
