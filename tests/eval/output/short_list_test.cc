#include "eval/output/short_list.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(ShortList, CutsLongLists) {
  std::vector<std::string> texts;
  EXPECT_EQ(short_list(texts, ", ", "points"), "");
  for (int i = 0; i < 8; ++i) texts.push_back(std::to_string(i));
  EXPECT_EQ(short_list(texts, "|", "points"), "0|1|2|3|4|5|6|7");
  texts.push_back("8");
  EXPECT_EQ(short_list(texts, ", ", "points"), "0, 1, 2, 3, 4, 5, 6, 7, ... (9 points)");
}

}  // namespace
}  // namespace nf
