#include "perturb/distortion.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ChosenUnit, IsWhatTheNotesOfASiteSay) {
  EXPECT_EQ(chosen_unit(Unit::groups(64), nullptr), Unit::groups(64));
  EXPECT_EQ(chosen_unit(Unit::groups(256), {{"group", 32}}), Unit::groups(32));
  EXPECT_EQ(chosen_unit(Unit::groups(64), {{"axis", "in"}}), Unit::groups_in(64));
  EXPECT_EQ(chosen_unit(Unit::groups(64), {{"axis", "out"}}), Unit::groups(64));
  EXPECT_EQ(chosen_unit(Unit::channel(), {{"damping", 0.1}}), Unit::channel());
}

}  // namespace
}  // namespace nf
