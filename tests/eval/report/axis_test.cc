#include "eval/report/axis.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

std::string texts_of(const Axis& axis) {
  std::string text;
  for (const Tick& tick : axis.ticks()) text += tick.text.empty() ? "" : tick.text + " ";
  return text;
}

TEST(Axis, LinearTicksAreRound) {
  const Axis axis({.low = 0.0, .high = 1.0}, AxisRange(AxisScale::linear), 0.0, 100.0);
  EXPECT_EQ(texts_of(axis), "0 0.2 0.4 0.6 0.8 1 ");
  EXPECT_EQ(axis.place(0.25), 25.0);
  EXPECT_EQ(axis.place(2.0), 100.0) << "at the edge";
}

TEST(Axis, LogTicksArePowersOfTen) {
  const AxisSpec spec{.scale = AxisScale::log, .low = 1e-5, .high = 1.0};
  const Axis axis(spec, AxisRange(AxisScale::log), 0.0, 100.0);
  EXPECT_EQ(texts_of(axis), "1e-5 0.0001 0.001 0.01 0.1 1 ");
  EXPECT_NEAR(axis.place(1e-3), 40.0, 1e-9);
}

TEST(AxisRange, PassesOverWhatHasNoPlace) {
  AxisRange range(AxisScale::log);
  for (const double value : {0.0, -1.0, std::nan(""), HUGE_VAL, 0.1, 0.2}) range.add(value);
  EXPECT_EQ(range.low(), 0.1);
  EXPECT_EQ(range.high(), 0.2);
}

}  // namespace
}  // namespace nf
