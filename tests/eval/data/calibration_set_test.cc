#include "eval/data/calibration_set.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(CalibrationSetOfWindows, CountsItsTokensWithoutTargets) {
  const auto set = make_calibration_set("ref", {{1, 2, 3}, {4, 5}});
  EXPECT_EQ(set->name, "ref");
  EXPECT_EQ(set->size().tokens, 5);
  EXPECT_EQ(set->size().windows, 2);
  EXPECT_EQ(set->items[1].ids, (std::vector<std::int32_t>{4, 5}));
  EXPECT_EQ(set->items[1].layout.rows(), 2);
  EXPECT_EQ(set->items[1].first_row, 3);
  EXPECT_TRUE(set->items[0].targets.empty());
}

TEST(CalibrationSetOfWindows, HashesItsIdsWindowByWindow) {
  const std::string hash = make_calibration_set("a", {{1, 2, 3}, {4, 5}})->hash;
  EXPECT_EQ(make_calibration_set("b", {{1, 2, 3}, {4, 5}})->hash, hash);
  EXPECT_NE(make_calibration_set("a", {{4, 5}, {1, 2, 3}})->hash, hash);
  EXPECT_NE(make_calibration_set("a", {{1, 2}, {3, 4, 5}})->hash, hash);
  EXPECT_NE(make_calibration_set("a", {{1, 2, 3}, {4, 6}})->hash, hash);
}

}  // namespace
}  // namespace nf
