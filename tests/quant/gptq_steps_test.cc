#include "quant/gptq_steps.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

using Steps = std::vector<GptqStep>;

TEST(GptqSteps, GroupsOfABlockAreFittedAtItsStart) {
  EXPECT_EQ(gptq_steps(300, 64, 128), (Steps{{0, 128, 128}, {128, 256, 256}, {256, 300, 300}}));
}

TEST(GptqSteps, ABlockWithoutABeginningGroupMakesNone) {
  EXPECT_EQ(gptq_steps(512, 256, 128), (Steps{{0, 256, 256}, {256, 512, 512}}));
  EXPECT_EQ(gptq_steps(128, 64, 1), (Steps{{0, 64, 64}, {64, 128, 128}}));
  EXPECT_EQ(gptq_steps(100, 1000, 128), (Steps{{0, 100, 100}}));
}

TEST(GptqSteps, AGroupAcrossBlocksIsSeenFromTheFirst) {
  EXPECT_EQ(gptq_steps(384, 96, 128), (Steps{{0, 128, 192}, {128, 256, 288}, {256, 384, 384}}));
}

TEST(GptqSteps, ABlockOfAllColumnsIsOneStep) {
  EXPECT_EQ(gptq_steps(37, 5, 1000), (Steps{{0, 37, 37}}));
}

TEST(GptqSteps, ACutLeavesNoGroupAcross) {
  const Steps even = gptq_steps(7 * 128, 64, 128);
  EXPECT_EQ(cut_of(even, 0, 7), 4);
  EXPECT_EQ(cut_of(even, 4, 7), 6);
  // Three blocks are four groups: only there nothing reaches across.
  const Steps uneven = gptq_steps(4 * 384, 96, 128);
  EXPECT_EQ(cut_of(uneven, 0, 12), 6);
  EXPECT_EQ(cut_of(uneven, 3, 6), 4) << "the first alone may reach further";
}

}  // namespace
}  // namespace nf
