#include "eval/experiment/equal_points.h"

#include <gtest/gtest.h>

#include <string>

namespace nf {
namespace {

SweepPoint point_of(const std::string& variable, const std::string& value) {
  return {{variable, ConfigNode::scalar(value, false, {})}};
}

TEST(EqualPoints, TellTheFirstTwoThatAreOneTrial) {
  EqualPoints points;
  const SweepPoint short_form = point_of("g", "g32"), other = point_of("g", "g64"),
                   long_form = {
                       {"g", ConfigNode::mapping({{.key = "group",
                                                   .key_place = {},
                                                   .value = ConfigNode::scalar("32", false, {})}},
                                                 {})}};
  points.add(short_form, {{"group", 32}});
  points.add(other, {{"group", 64}});
  EXPECT_EQ(points.first(), "");
  points.add(long_form, {{"group", 32}});
  EXPECT_NE(points.first().find("are the same trial"), std::string::npos) << points.first();
  EXPECT_NE(points.first().find("g32"), std::string::npos) << points.first();
}

/// A control looks at no calibration set: its points are one condition, and legal.
TEST(EqualPoints, PassOverOtherValuesOfAControl) {
  EqualPoints points;
  points.add(point_of("set", "a"), {{"bits", 4}});
  points.add(point_of("set", "b"), {{"bits", 4}});
  EXPECT_EQ(points.first(), "");
}

TEST(EqualPoints, PassOverThePointThatIsThere) {
  EqualPoints points;
  const SweepPoint point = point_of("bits", "3");
  points.add(point, {{"bits", 3}});
  points.add(point, {{"bits", 3}});
  EXPECT_EQ(points.first(), "");
}

}  // namespace
}  // namespace nf
