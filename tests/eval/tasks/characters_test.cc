#include "eval/tasks/characters.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(Characters, AreCountedNotTheirBytes) {
  EXPECT_EQ(count_characters(""), 0);
  EXPECT_EQ(count_characters("a b "), 4);
  EXPECT_EQ(count_characters("naïve"), 5);
  EXPECT_EQ(count_characters("日本 🙂"), 4);
  EXPECT_EQ(count_characters("e\u0301"), 2);  // not what a reader counts
}

TEST(Characters, KnowWhiteSpaceAsPythonDoes) {
  for (const char32_t space :
       {U'\t', U'\n', U'\x0b', U'\f', U'\r', U'\x1c', U'\x1f', U' ', U'\u0085', U'\u00a0',
        U'\u1680', U'\u2000', U'\u200a', U'\u2028', U'\u2029', U'\u202f', U'\u205f', U'\u3000'})
    EXPECT_TRUE(is_space(space)) << static_cast<std::uint32_t>(space);
  for (const char32_t other : {U'\0', U'\x08', U'\x0e', U'\x1b', U'a', U'_', U'\u0084', U'\u00a1',
                               U'\u180e', U'\u200b', U'\u2060', U'\ufeff'})
    EXPECT_FALSE(is_space(other)) << static_cast<std::uint32_t>(other);
}

TEST(Characters, LoseWhiteSpaceBehindOrAround) {
  EXPECT_EQ(without_spaces_behind(" a b \n\u3000"), " a b");
  EXPECT_EQ(without_spaces_behind("a"), "a");
  EXPECT_EQ(without_spaces_behind(" \u00a0"), "");
  EXPECT_EQ(without_spaces_around("\u2003 a b\t"), "a b");
  EXPECT_EQ(without_spaces_around(" \n"), "");
  EXPECT_EQ(without_spaces_around(""), "");
}

}  // namespace
}  // namespace nf
