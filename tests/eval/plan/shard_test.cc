#include "eval/plan/shard.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Shard, TogetherHoldEveryTrialOnceAndNeighboursTogether) {
  for (const Index trials : {1, 2, 7, 12, 100}) {
    for (const Index count : {1, 2, 3, 8, 150}) {
      Index before = 0;
      for (Index trial = 0; trial < trials; ++trial) {
        Index holders = 0, holder = 0;
        for (Index index = 0; index < count; ++index) {
          if (!Shard{.index = index, .count = count}.holds(trial, trials)) continue;
          ++holders;
          holder = index;
        }
        EXPECT_EQ(holders, 1);
        EXPECT_GE(holder, before);
        before = holder;
      }
    }
  }
}

}  // namespace
}  // namespace nf
