#include "core/text/white_space.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(WhiteSpace, IsTheUnicodeProperty) {
  int count = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) count += is_white_space(c) ? 1 : 0;
  EXPECT_EQ(count, 25) << "PropList.txt, White_Space";
  EXPECT_FALSE(is_white_space(0x200B)) << "zero width space";
  EXPECT_FALSE(is_white_space(0x180E));
}

TEST(WhiteSpace, IsSkippedByCharacters) {
  const std::string text = "a \u3000\u00a0b";
  EXPECT_EQ(skip_space_right(text, 1), 7);
  EXPECT_EQ(skip_space_right(text, 0), 0);
  EXPECT_EQ(skip_space_right(text, 8), 8);
  EXPECT_EQ(skip_space_left(text, 7, 0), 1);
  EXPECT_EQ(skip_space_left(text, 7, 2), 2);
  EXPECT_EQ(skip_space_left(text, 8, 0), 8);
}

}  // namespace
}  // namespace nf
