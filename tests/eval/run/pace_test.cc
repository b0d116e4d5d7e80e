#include "eval/run/pace.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Pace, IsNeverFasterThanExpected) {
  Pace pace;
  EXPECT_EQ(pace.factor(), 1.0);
  pace.note(10.0, 5.0);
  EXPECT_EQ(pace.factor(), 1.0);
}

TEST(Pace, FollowsTheLastWaves) {
  Pace pace;
  pace.note(10.0, 20.0);
  EXPECT_DOUBLE_EQ(pace.factor(), 2.0);
  for (int i = 0; i < 20; ++i) pace.note(10.0, 15.0);
  EXPECT_NEAR(pace.factor(), 1.5, 1e-3);
  pace.note(0.0, 0.0);  // a wave of nothing tells nothing
  EXPECT_NEAR(pace.factor(), 1.5, 1e-3);
}

}  // namespace
}  // namespace nf
