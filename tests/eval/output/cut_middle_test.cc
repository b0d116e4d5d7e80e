#include "eval/output/cut_middle.h"

#include <gtest/gtest.h>

#include "eval/output/table.h"

namespace nf {
namespace {

TEST(CutMiddle, LeavesWhatFits) {
  EXPECT_EQ(cut_middle("noise r=0.05", 12), "noise r=0.05");
  EXPECT_EQ(cut_middle("", 1), "");
}

TEST(CutMiddle, KeepsBeginningAndEnd) {
  EXPECT_EQ(cut_middle("noise-sweep r=0.05", 11), "noise…=0.05");
  EXPECT_EQ(cut_middle("noise-sweep r=0.05", 10), "nois…=0.05");
  EXPECT_EQ(cut_middle("noise-sweep", 1), "…");
}

TEST(CutMiddle, CutsBetweenCharacters) {
  EXPECT_EQ(cut_middle("模型模型模型", 7), "模…型");  // each takes two columns
  for (Index width = 1; width < 20; ++width)
    EXPECT_LE(display_width(cut_middle("Δδ‖模x型 é 模型 ±", width)), width);
}

}  // namespace
}  // namespace nf
