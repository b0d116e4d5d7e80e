#include "core/text/recent_characters.h"

#include <gtest/gtest.h>

#include "core/base/utf8.h"

namespace nf {
namespace {

TEST(RecentCharacters, StandInsAreAsLongAndStandForThemselves) {
  Index replaced = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const char32_t other = stand_in(c);
    if (other == c) continue;
    ++replaced;
    std::string before;
    std::string after;
    append_utf8(c, before);
    append_utf8(other, after);
    ASSERT_EQ(before.size(), after.size()) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(stand_in(other), other) << std::hex << static_cast<std::uint32_t>(c);
  }
  // Unicode 15.0, 15.1 and 16.0 added 4,489 + 627 + 5,185 characters and changed one (U+1171E).
  EXPECT_EQ(replaced, 4489 + 627 + 5185 + 1);
}

TEST(RecentCharacters, CopiesOnlyWhenThereIsSomethingToReplace) {
  std::string storage;
  const std::string old_text = "naïve 日本 😀";
  EXPECT_EQ(with_stand_ins(old_text, storage).data(), old_text.data());

  const std::string text = "é\U00031350x\u1C89.";
  const std::string_view result = with_stand_ins(text, storage);
  EXPECT_EQ(result, "é\U00020000x\u1E00.");
  EXPECT_EQ(result.data(), storage.data());
}

}  // namespace
}  // namespace nf
