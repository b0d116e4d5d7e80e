#include "eval/plan/floor_stage.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

EvalSet set_of(Index windows, Index questions) {
  return {.items = std::vector<EvalItem>(static_cast<std::size_t>(windows + questions)),
          .names = {},
          .windows = windows};
}

TEST(FloorStage, HasTheFirstWindowsOfTheTextInAnyStage) {
  const EvalSet set = set_of(12, 3);
  EXPECT_EQ(floor_stage(set, Stage(0, 15)).items, Stage(0, 8).items);
  EXPECT_EQ(floor_stage(set, Stage(3, 6)).items, Stage(3, 6).items);
  EXPECT_EQ(floor_stage(set, Stage({1, 7, 8, 11})).items, (std::vector<Index>{1, 7}));
  EXPECT_TRUE(floor_stage(set, Stage(8, 15)).items.empty());
}

TEST(FloorStage, HasAllWindowsOfAShortTextAndNoQuestion) {
  EXPECT_EQ(floor_stage(set_of(3, 5), Stage(0, 8)).items, Stage(0, 3).items);
  EXPECT_TRUE(floor_stage(set_of(0, 5), Stage(0, 5)).items.empty());
}

}  // namespace
}  // namespace nf
