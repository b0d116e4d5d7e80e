#include "eval/results/figure_blocks.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"

namespace nf {
namespace {

std::string names_of(const FigureBlocks& blocks) {
  std::string text;
  for (const auto& [name, block] : blocks)
    text += std::to_string(name.first) + "," + std::to_string(name.second) + " ";
  return text;
}

TEST(FigureBlocks, StandInTheOrderOfTheText) {
  FigureBlocks blocks;
  for (const Index window : {3, 5, 4, 3, 0, 5})
    blocks[{-1, window}].add({.tokens = 1.0, .sum = static_cast<double>(window)});
  blocks[{2, -1}].sum = 7.0;
  EXPECT_EQ(names_of(blocks), "-1,0 -1,3 -1,4 -1,5 2,-1 ");
  EXPECT_EQ(blocks.size(), 5u);
  EXPECT_EQ(blocks.at({-1, 3}).sum, 6.0);
  EXPECT_EQ(blocks.at({-1, 5}).tokens, 2.0);
  EXPECT_EQ(blocks.at({2, -1}).sum, 7.0);
}

TEST(FigureBlocks, FindsNoOther) {
  FigureBlocks blocks;
  EXPECT_FALSE(blocks.contains({0, -1}));
  blocks[{1, -1}];
  blocks[{3, -1}];
  EXPECT_TRUE(blocks.contains({3, -1}));
  for (const Index document : {0, 2, 4}) {
    EXPECT_FALSE(blocks.contains({document, -1}));
    EXPECT_THROW(blocks.at({document, -1}), InternalError);
  }
  FigureBlocks others = blocks;
  EXPECT_TRUE(have_same_names(blocks, others));
  others[{4, -1}];
  EXPECT_FALSE(have_same_names(blocks, others));
}

}  // namespace
}  // namespace nf
